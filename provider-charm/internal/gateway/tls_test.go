package gateway_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/gateway"
)

// issued is a key pair signed by itself, for 127.0.0.1.
type issued struct {
	certificate, key []byte // PEM
	fingerprint      string
	pair             tls.Certificate
}

func issue(t testing.TB, life time.Duration) issued {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(life), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	sum := sha256.Sum256(der)
	i := issued{
		certificate: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		key:         pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}),
		fingerprint: hex.EncodeToString(sum[:]),
	}
	i.pair, err = tls.X509KeyPair(i.certificate, i.key)
	require.NoError(t, err)
	return i
}

// put writes the key pair where the configuration has it.
func (i issued) put(t testing.TB, at gateway.KeyPair) {
	t.Helper()
	require.NoError(t, os.WriteFile(at.Certificate, i.certificate, 0o600))
	require.NoError(t, os.WriteFile(at.Key, i.key, 0o600))
}

func keyPairIn(directory string) gateway.KeyPair {
	return gateway.KeyPair{Certificate: filepath.Join(directory, "certificate.pem"), Key: filepath.Join(directory, "key.pem")}
}

// withTLS has clients shown a certificate.
func withTLS(t testing.TB, shown issued, plain bool) change {
	return func(f *fixture) {
		pair := keyPairIn(t.TempDir())
		shown.put(t, pair)
		f.config.TLS, f.config.Plain = &pair, plain
	}
}

// https gives a client that trusts these certificates and no others.
func https(t testing.TB, trusted ...issued) *http.Client {
	t.Helper()
	pool := x509.NewCertPool()
	for _, one := range trusted {
		pool.AppendCertsFromPEM(one.certificate)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func (f *fixture) over(t testing.TB, client *http.Client, who user, method, target, body string) (*http.Response, error) {
	t.Helper()
	request := f.request(t, who, method, target, body)
	request.URL.Scheme = "https"
	response, err := client.Do(request)
	if err == nil {
		_, err = io.Copy(io.Discard, response.Body)
		require.NoError(t, response.Body.Close())
	}
	return response, err
}

func TestOnePortTakesTLSAndPlainRequests(t *testing.T) {
	t.Parallel()
	certificate := issue(t, time.Hour)
	f := start(t, says(200, `{}`), withTLS(t, certificate, true))
	for name, protocols := range map[string]bool{"HTTP/1.1": false, "HTTP/2.0": true} {
		client := https(t, certificate)
		client.Transport.(*http.Transport).ForceAttemptHTTP2 = protocols
		for who, want := range map[user]int{f.one: 200, anonymous: 401} {
			got, err := f.over(t, client, who, "PUT", "/connectors/"+ofOne+"/config", `{"a":"b"}`)
			require.NoError(t, err)
			assert.Equal(t, want, got.StatusCode, "%s %s", name, who.name)
			assert.Equal(t, name, got.Proto)
		}
		health, err := f.over(t, client, anonymous, "GET", "/health", "")
		require.NoError(t, err)
		assert.Equal(t, 200, health.StatusCode)
	}
	assert.Equal(t, 200, f.do(t, f.one, "GET", "/connectors/a", "").status, "plain")
	old := https(t, certificate)
	old.Transport.(*http.Transport).TLSClientConfig.MinVersion = tls.VersionTLS10
	old.Transport.(*http.Transport).TLSClientConfig.MaxVersion = tls.VersionTLS11
	_, err := f.over(t, old, f.one, "GET", "/connectors/a", "")
	require.ErrorContains(t, err, "protocol version")
	status, err := f.control.Status(t.Context())
	require.NoError(t, err)
	assert.Equal(t, certificate.fingerprint, status.Certificate.Fingerprint)
	assert.True(t, status.Plain)
}

func TestWithoutPlainARequestWithoutTLSLearnsOnlyThatItNeedsIt(t *testing.T) {
	t.Parallel()
	f := start(t, says(200, `{}`), withTLS(t, issue(t, time.Hour), false))
	wrong := f.one
	wrong.password = f.twelve.password
	for _, who := range []user{f.one, wrong, anonymous} {
		for _, target := range []string{"/connectors", "/health", "/connectors//x"} {
			got := f.do(t, who, "GET", target, "")
			assert.Equal(t, 426, got.status)
			assert.Contains(t, got.body, "use https")
			assert.Equal(t, "TLS/1.2, HTTP/1.1", got.header.Get("Upgrade"))
			assert.Empty(t, got.header.Get("Location"), "no redirect: it would invite to send the password again")
		}
	}
	assert.Empty(t, f.taken())
	status, err := f.control.Status(t.Context())
	require.NoError(t, err)
	assert.Zero(t, status.Requests.Unauthorized, "the account was not looked at")
}

func TestPlainGoesOffForLivingConnectionsToo(t *testing.T) {
	t.Parallel()
	certificate := issue(t, time.Hour)
	f := start(t, says(200, `{}`))
	require.Equal(t, 200, f.do(t, f.one, "GET", "/connectors/a", "").status)
	withTLS(t, certificate, true)(f)
	f.writeConfig(t)
	done, err := f.control.Reload(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"tls", "plain", "certificate"}, done.Changed)
	assert.Empty(t, done.Restart)
	client := https(t, certificate)
	both := func(plain, encrypted int) {
		assert.Equal(t, plain, f.do(t, f.one, "GET", "/connectors/a", "").status)
		got, err := f.over(t, client, f.one, "GET", "/connectors/a", "")
		require.NoError(t, err)
		assert.Equal(t, encrypted, got.StatusCode)
	}
	both(200, 200)

	f.config.Plain = false
	f.writeConfig(t)
	_, err = f.control.Reload(t.Context())
	require.NoError(t, err)
	both(426, 200)

	f.config.TLS = nil // and back
	f.writeConfig(t)
	done, err = f.control.Reload(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"tls", "certificate"}, done.Changed)
	both(200, 200) // who is connected with TLS may stay
	_, err = f.over(t, https(t, certificate), f.one, "GET", "/connectors/a", "")
	require.Error(t, err, "there is no certificate for new ones")
}

func TestACertificateIsRenewedWithoutLosingAConnection(t *testing.T) {
	t.Parallel()
	first, second := issue(t, time.Hour), issue(t, 2*time.Hour)
	f := start(t, says(200, `{}`), withTLS(t, first, false))
	kept := https(t, first) // trusts the first only: what it connects stays connected
	require.NoError(t, func() error { _, err := f.over(t, kept, f.one, "GET", "/connectors/a", ""); return err }())
	var stop atomic.Bool
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for !stop.Load() {
				got, err := f.over(t, kept, f.one, "GET", "/connectors/a", "")
				if assert.NoError(t, err) {
					assert.Equal(t, 200, got.StatusCode)
				}
				fresh, err := f.over(t, https(t, first, second), f.one, "GET", "/connectors/a", "")
				if assert.NoError(t, err) {
					assert.Equal(t, 200, fresh.StatusCode)
				}
			}
		})
	}
	for range 10 {
		for _, next := range []issued{second, first} {
			next.put(t, *f.config.TLS)
			done, err := f.control.Reload(t.Context())
			require.NoError(t, err)
			assert.Equal(t, []string{"certificate"}, done.Changed)
			assert.Equal(t, next.fingerprint, f.shown(t))
		}
	}
	stop.Store(true)
	clients.Wait()
	same, err := f.control.Reload(t.Context())
	require.NoError(t, err)
	assert.Empty(t, same.Changed, "the same files again change nothing")
}

// shown is the fingerprint of what a new connection is shown.
func (f *fixture) shown(t testing.TB) string {
	t.Helper()
	dialer := &tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}
	connection, err := dialer.DialContext(t.Context(), "tcp", f.address)
	require.NoError(t, err)
	defer connection.Close()
	sum := sha256.Sum256(connection.(*tls.Conn).ConnectionState().PeerCertificates[0].Raw)
	return hex.EncodeToString(sum[:])
}

// badPairs spoil the files of a key pair.
func badPairs(t *testing.T) map[string]func(at gateway.KeyPair) {
	good, other, expired := issue(t, time.Hour), issue(t, time.Hour), issue(t, -time.Minute)
	half := func(pem []byte) []byte { return pem[:len(pem)/2] }
	return map[string]func(at gateway.KeyPair){
		"no certificate": func(at gateway.KeyPair) { require.NoError(t, os.Remove(at.Certificate)) },
		"no key":         func(at gateway.KeyPair) { require.NoError(t, os.Remove(at.Key)) },
		"not PEM":        func(at gateway.KeyPair) { require.NoError(t, os.WriteFile(at.Certificate, []byte("hello"), 0o600)) },
		"of no size":     func(at gateway.KeyPair) { require.NoError(t, os.Truncate(at.Key, 0)) },
		"half certificate": func(at gateway.KeyPair) {
			require.NoError(t, os.WriteFile(at.Certificate, half(good.certificate), 0o600))
		},
		"half a chain": func(at gateway.KeyPair) {
			issued{certificate: append(append([]byte{}, good.certificate...), half(other.certificate)...), key: good.key}.put(t, at)
		},
		"half key":           func(at gateway.KeyPair) { require.NoError(t, os.WriteFile(at.Key, half(good.key), 0o600)) },
		"another pair's key": func(at gateway.KeyPair) { issued{certificate: good.certificate, key: other.key}.put(t, at) },
		"expired":            func(at gateway.KeyPair) { expired.put(t, at) },
		"too large":          func(at gateway.KeyPair) { require.NoError(t, os.Truncate(at.Certificate, 1<<20)) },
		"a directory": func(at gateway.KeyPair) {
			require.NoError(t, os.Remove(at.Key))
			require.NoError(t, os.Mkdir(at.Key, 0o700))
		},
	}
}

func TestABadCertificateLeavesTheOldOneAndSaysWhy(t *testing.T) {
	t.Parallel()
	for name, spoil := range badPairs(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			certificate := issue(t, time.Hour)
			f := start(t, says(200, `{}`), withTLS(t, certificate, false))
			spoil(*f.config.TLS)
			f.write(t, f.twelve)

			_, err := f.control.Reload(t.Context())
			require.ErrorContains(t, err, "gateway at")
			status, err := f.control.Status(t.Context())
			require.NoError(t, err)
			assert.Equal(t, certificate.fingerprint, status.Certificate.Fingerprint)
			assert.NotEmpty(t, status.Certificate.Problem)
			assert.NotContains(t, f.log.String(), "PRIVATE KEY")
			for who, want := range map[user]int{f.one: 401, f.twelve: 200} {
				got, err := f.over(t, https(t, certificate), who, "GET", "/connectors/a", "")
				require.NoError(t, err)
				assert.Equal(t, want, got.StatusCode, "the accounts were reloaded all the same")
			}

			next := issue(t, time.Hour)
			require.NoError(t, os.RemoveAll(f.config.TLS.Key))
			next.put(t, *f.config.TLS)
			_, err = f.control.Reload(t.Context())
			require.NoError(t, err)
			assert.Equal(t, next.fingerprint, f.shown(t))
		})
	}
}

func TestWithoutACertificateNobodyGetsIn(t *testing.T) {
	t.Parallel()
	for name, spoil := range badPairs(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			certificate := issue(t, time.Hour)
			f := start(t, says(200, `{}`), withTLS(t, certificate, false), func(f *fixture) { spoil(*f.config.TLS) })
			_, err := f.over(t, https(t, certificate), f.one, "GET", "/connectors/a", "")
			require.Error(t, err)
			assert.Equal(t, 426, f.do(t, f.one, "GET", "/health", "").status)
			status, err := f.control.Status(t.Context())
			require.NoError(t, err)
			assert.Empty(t, status.Certificate.Fingerprint)
			assert.NotEmpty(t, status.Certificate.Problem)
		})
	}
}

func TestWhoSaysNothingHoldsUpNobody(t *testing.T) {
	t.Parallel()
	certificate := issue(t, time.Hour)
	f := start(t, says(200, `{}`), withTLS(t, certificate, true))
	for range 100 {
		connection, err := new(net.Dialer).DialContext(t.Context(), "tcp", f.address)
		require.NoError(t, err)
		t.Cleanup(func() { _ = connection.Close() })
	}
	assert.Equal(t, 200, f.do(t, f.one, "GET", "/connectors/a", "").status)
	_, err := f.over(t, https(t, certificate), f.one, "GET", "/connectors/a", "")
	require.NoError(t, err)
	require.NoError(t, f.end(), "nor the end of the gateway")
}
