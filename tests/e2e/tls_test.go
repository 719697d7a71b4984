package e2e

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
	"connectcharms/requirer-lib/secret"
	"connectcharms/schemas"
	"connectcharms/tests/pair"
)

const allSecrets = `["username","password","tls","tls-ca"]`

// offer is what a client reads at one moment: databag and secrets.
type offer struct {
	schemas.Answer
	credentials map[string]string
	tls         map[string]string
}

// read reads what is published at this moment, without a word where something is not there.
func (s *stage) read(relation int) (offer, error) {
	bag, err := s.RelationData(relation, provider)
	if err != nil {
		return offer{}, err
	}
	published, err := schemas.DecodeProvider(bag)
	if err != nil {
		return offer{}, err
	}
	read := offer{Answer: published.Answers[0]}
	if read.credentials, err = s.RevealSecret(read.SecretUser.String()); err != nil {
		return offer{}, err
	}
	if !read.SecretTLS.IsZero() {
		read.tls, err = s.RevealSecret(read.SecretTLS.String())
	}
	return read, err
}

// ask asks every endpoint over a new connection each, and believes no CA but the published ones.
func (o offer) ask(ctx context.Context) error {
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM([]byte(o.tls["tls-ca"]))
	client := http.Client{
		Timeout:   time.Minute,
		Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: trusted}},
	}
	for _, endpoint := range o.Endpoints {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint+"/connectors", nil)
		if err != nil {
			return err
		}
		request.SetBasicAuth(o.credentials["username"], o.credentials["password"])
		answer, err := client.Do(request)
		if err != nil {
			return err
		}
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("%s: %s", endpoint, answer.Status)
		}
	}
	return nil
}

func (o offer) scheme() string {
	if len(o.Endpoints) == 0 {
		return ""
	}
	parsed, _ := url.Parse(o.Endpoints[0])
	return parsed.Scheme
}

// asking asks every 50 ms until it is stopped.
type asking struct {
	stop   context.CancelFunc
	ended  sync.WaitGroup
	count  int
	failed []error
}

func (s *stage) asking(ask func(context.Context) error) *asking {
	ctx, cancel := context.WithCancel(context.Background())
	a := &asking{stop: cancel}
	s.t.Cleanup(cancel)
	a.ended.Go(func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if err := ask(context.Background()); err != nil {
				a.failed = append(a.failed, err)
			}
			a.count++
		}
	})
	return a
}

// follow asks with what is published at each moment.
func (s *stage) follow(relation int) *asking {
	return s.asking(func(ctx context.Context) error {
		now, err := s.read(relation)
		if err != nil {
			return err
		}
		return now.ask(ctx)
	})
}

// stay asks with what is published now, whatever comes.
func (s *stage) stay(relation int) *asking {
	s.t.Helper()
	now, err := s.read(relation)
	require.NoError(s.t, err)
	return s.asking(now.ask)
}

// requireNoneLost ends the asking: no request has failed.
func (s *stage) requireNoneLost(a *asking, who string) {
	s.t.Helper()
	a.stop()
	a.ended.Wait()
	require.Empty(s.t, a.failed, "%s lost requests", who)
	require.Positive(s.t, a.count)
	s.t.Logf("%s: %d rounds, none failed", who, a.count)
}

// processes are the PIDs of all workers and gateways.
func (s *stage) processes() []int {
	s.t.Helper()
	var pids []int
	for _, unit := range s.Units(provider) {
		pids = append(pids, workerPID(s.t, s, unit), gatewayPID(s.t, s, unit))
	}
	return pids
}

func gatewayPID(t *testing.T, s *stage, unit string) int {
	t.Helper()
	config := "\x00" + filepath.Join(s.data(unit), "gateway/gateway.json")
	processes, err := filepath.Glob("/proc/[0-9]*/cmdline")
	require.NoError(t, err)
	for _, process := range processes {
		if line, err := os.ReadFile(process); err == nil && strings.Contains(string(line), config) {
			var pid int
			_, err := fmt.Sscanf(process, "/proc/%d/", &pid)
			require.NoError(t, err)
			return pid
		}
	}
	require.Fail(t, "no gateway runs on "+unit)
	return 0
}

// shown is the certificates that the units' gateways show.
func (s *stage) shown() (fingerprints []string) {
	s.t.Helper()
	for _, unit := range s.Units(provider) {
		info, err := s.Unit(unit)
		require.NoError(s.t, err)
		connection, err := tls.Dial("tcp", net.JoinHostPort(info.Address, "8083"), &tls.Config{InsecureSkipVerify: true})
		require.NoError(s.t, err)
		fingerprints = append(fingerprints, string(connection.ConnectionState().PeerCertificates[0].Raw))
		require.NoError(s.t, connection.Close())
	}
	return fingerprints
}

// overlap sets how long clients get, and so ends an overlap that goes on.
func (s *stage) overlap(minutes int) {
	s.t.Helper()
	require.NoError(s.t, s.SetConfig(provider, map[string]any{"tls-overlap": minutes}))
	s.settle()
}

func (s *stage) tlsClient(app, secrets string) (relation int) {
	s.t.Helper()
	require.NoError(s.t, s.Deploy(app, pair.Requirer(app, func() hook.Databag {
		return hook.Databag{"plugin-url": "NOT-REQUIRED", "requested-secrets": secrets}
	}), jujutest.DeployOptions{}))
	return s.integrate(app)
}

func (s *stage) requireScheme(relation int, scheme string) {
	s.t.Helper()
	s.eventually(scheme+" is published", func() bool {
		now, err := s.read(relation)
		return err == nil && now.scheme() == scheme
	})
}

// TestNoClientIsLostToTLS goes from http to https, through a renewal and another CA, and back, on three units, while one
// client follows what is published and another keeps to what it read before. Nothing restarts.
func TestNoClientIsLostToTLS(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.deploy(3, nil)
	ca := s.authority()
	s.settle()
	one := s.tlsClient("one", allSecrets)
	s.requireScheme(one, "http")
	require.Len(t, s.published(one).Endpoints, 3)
	before := s.processes()
	follower := s.follow(one)

	// http to https.
	stayer := s.stay(one)
	_, err := s.Integrate(provider, "self-signed-certificates")
	require.NoError(t, err)
	s.settle()
	s.requireScheme(one, "https")
	now, err := s.read(one)
	require.NoError(t, err)
	assert.Len(t, now.Endpoints, 3)
	assert.Equal(t, map[string]string{"tls": "enabled", "tls-ca": ca.pem()}, now.tls)
	s.updateStatus()
	s.requireNoneLost(stayer, "who keeps to http")
	plain := now
	plain.Endpoints = []string{strings.Replace(now.Endpoints[0], "https", "http", 1)}
	require.NoError(t, plain.ask(t.Context()), "http goes on for the overlap")
	s.overlap(0)
	require.Error(t, plain.ask(t.Context()), "http has ended")
	s.overlap(60)
	s.requireForwarding(now)

	// A renewed certificate.
	old := s.shown()
	ca.renew()
	s.eventually("renewed certificates are shown", func() bool {
		return !slices.ContainsFunc(s.shown(), func(shown string) bool { return slices.Contains(old, shown) })
	})

	// Another CA.
	old, oldCA := s.shown(), ca.pem()
	ca.rotate()
	s.eventually("both CAs are published", func() bool {
		now, err = s.read(one)
		return err == nil && strings.Contains(now.tls["tls-ca"], oldCA) && strings.Contains(now.tls["tls-ca"], ca.pem())
	})
	assert.Equal(t, old, s.shown(), "not before clients had an overlap")
	stayer = s.stay(one)
	s.overlap(0)
	s.eventually("the old CA is taken back", func() bool {
		now, err = s.read(one)
		return err == nil && now.tls["tls-ca"] == ca.pem()
	})
	s.requireNoneLost(stayer, "who read both CAs")

	// A client that comes now gets https at first, here without asking for secrets.
	s.overlap(60)
	two := s.tlsClient("two", pair.BothSecrets)
	s.settle()
	s.requireScheme(two, "https")
	bag, err := s.RelationData(two, provider)
	require.NoError(t, err)
	assert.Equal(t, ca.pem(), bag["tls-ca"])

	// https to http.
	stayer = s.stay(one)
	require.NoError(t, s.RemoveRelation(provider, "self-signed-certificates"))
	s.settle()
	s.requireScheme(one, "http")
	now, err = s.read(one)
	require.NoError(t, err)
	assert.Empty(t, now.tls)
	s.updateStatus()
	s.requireNoneLost(stayer, "who keeps to https")
	s.overlap(0)
	encrypted := now
	encrypted.Endpoints = []string{strings.Replace(now.Endpoints[0], "http", "https", 1)}
	require.Error(t, encrypted.ask(t.Context()), "https has ended")
	for _, unit := range s.Units(provider) {
		assert.NoFileExists(t, filepath.Join(s.data(unit), "gateway/certificate.pem"))
	}
	s.requireNoneLost(follower, "who follows what is published")
	assert.Equal(t, before, s.processes(), "no worker and no gateway was restarted")
}

// requireForwarding makes and deletes a connector at each endpoint: all but one forward it to the leader of the group.
func (s *stage) requireForwarding(now offer) {
	s.t.Helper()
	for i, endpoint := range now.Endpoints {
		client, err := connect.New(connect.Config{
			Endpoints: []string{endpoint}, Username: now.credentials["username"], Password: secret.New(now.credentials["password"]),
			CA: []byte(now.tls["tls-ca"]),
		})
		require.NoError(s.t, err)
		name := fmt.Sprintf("beat-%d", i)
		_, err = client.Create(s.t.Context(), name, map[string]string{
			"connector.class": "org.apache.kafka.connect.mirror.MirrorHeartbeatConnector", "source.cluster.alias": "a", "target.cluster.alias": "b",
			"source.cluster.bootstrap.servers": parts.broker.Bootstrap(), "target.cluster.bootstrap.servers": parts.broker.Bootstrap(),
		}, connect.InitialStopped)
		require.NoError(s.t, err, endpoint)
		require.NoError(s.t, client.Delete(s.t.Context(), name), endpoint)
	}
}

// TestOperatorsOwnCertificate serves one from a user secret, from the first client on; a bad one changes nothing.
func TestOperatorsOwnCertificate(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.deploy(1, nil)
	s.settle()
	info, err := s.Unit(provider + "/0")
	require.NoError(t, err)
	ca := &authority{t: t}
	ca.rotate()
	uri, err := s.AddSecret("connect-tls", ca.secretFor(info.Address))
	require.NoError(t, err)
	require.NoError(t, s.SetConfig(provider, map[string]any{"tls-secret": uri}))
	s.settle()
	s.requireStatus(provider+"/0", "blocked", "config tls-secret cannot be read: juju grant-secret")
	require.NoError(t, s.GrantSecret(uri, provider))
	s.updateStatus()

	client := s.tlsClient("client", allSecrets)
	s.settle()
	s.requireScheme(client, "https")
	follower := s.follow(client)
	before, shown := s.processes(), s.shown()

	wrong := ca.secretFor(info.Address)
	wrong["private-key"] = ca.secretFor(info.Address)["private-key"]
	require.NoError(t, s.UpdateSecret(uri, wrong))
	s.settle()
	s.requireStatus(provider+"/0", "blocked", "config tls-secret: the certificate is for another key")
	assert.Equal(t, shown, s.shown())

	require.NoError(t, s.UpdateSecret(uri, ca.secretFor("10.11.12.13")))
	s.settle()
	s.requireStatus(provider+"/0", "blocked", "config tls-secret: the certificate does not name "+info.Address)

	require.NoError(t, s.UpdateSecret(uri, ca.secretFor(info.Address)))
	s.settle()
	s.requireStatus(provider+"/0", "active", "1 client")
	assert.NotEqual(t, shown, s.shown())
	s.requireNoneLost(follower, "who follows what is published")
	assert.Equal(t, before, s.processes())
	s.requireKeysStayClosed()
}

// secretFor is an operator's own secret with a certificate for the address.
func (a *authority) secretFor(address string) map[string]string {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(a.t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(a.t, err)
	certificate, err := a.issue(key.Public(), nil, []net.IP{net.ParseIP(address)})
	require.NoError(a.t, err)
	return map[string]string{
		"certificate": certificate, "private-key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "ca-certificate": a.pem(),
	}
}

// requireKeysStayClosed looks for private keys that others than the services may read.
func (s *stage) requireKeysStayClosed() {
	s.t.Helper()
	found := 0
	for _, unit := range s.Units(provider) {
		for _, file := range []string{"gateway/certificate.pem", "identity/private-key.pem", "identity/key-store.p12", "worker/worker.properties"} {
			info, err := os.Stat(filepath.Join(s.data(unit), file))
			require.NoError(s.t, err)
			assert.Zero(s.t, info.Mode().Perm()&0o007, file)
			found++
		}
	}
	require.NotZero(s.t, found)
}

// TestIntegratorFollowsTLS has the pair meet over https from the first, and go on after the CA is another.
func TestIntegratorFollowsTLS(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.deploy(2, map[string]any{"tls-overlap": 0})
	ca := s.authority()
	_, err := s.Integrate(provider, "self-signed-certificates")
	require.NoError(t, err)
	input, output := s.integrator("one")
	s.opened("one", input, output, ca)
	s.settle()
	relation := s.integrate("one")
	s.settle()
	s.allActive(provider, "one")
	now, err := s.read(relation)
	require.NoError(t, err)
	require.Equal(t, "https", now.scheme())
	s.lines(input, output, "first\n")
	renewed := filepath.Join(filepath.Dir(input), "renewed.txt")
	require.NoError(t, os.WriteFile(renewed, nil, 0o600))
	s.control(s.Leader("one"), map[string]string{"file": renewed})
	require.NoError(t, os.WriteFile(renewed, []byte("renewed\n"), 0o600))
	s.soon("the source reads the other file", func() bool {
		arrived, _ := os.ReadFile(output)
		return strings.HasSuffix(string(arrived), "renewed\n")
	})
	secrets := s.values()
	for name, value := range secrets {
		if value == renewed {
			delete(secrets, name) // the connector itself says which file it reads
		}
	}
	require.Greater(t, len(secrets), 6)
	for charm, unit := range map[string]string{"kafka-connect": provider + "/0", "connect-integrator": s.Leader("one")} {
		s.requireClosed(unit, charm, secrets)
	}
	s.requireNoneElsewhere(secrets)

	old := now.tls["tls-ca"]
	ca.rotate()
	s.eventually("clients have the other CA", func() bool {
		now, err = s.read(relation)
		return err == nil && now.tls["tls-ca"] == ca.pem()
	})
	require.NotEqual(t, old, ca.pem())
	s.updateStatus() // the integrator looks after its connectors
	s.allActive(provider, "one")
	s.lines(renewed, output, "second\n")
}
