package controltopic_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"connectcharms/integrator-charm/internal/controltopic"
	"connectcharms/integrator-charm/internal/settings"
	bounds "connectcharms/requirer-lib/probe/scram"
)

func TestBrokersAreVerifiedAndThePasswordIsReadAtEachLogin(t *testing.T) {
	t.Parallel()
	certificate, authority := issue(t)
	_, another := issue(t)
	for _, mechanism := range []string{settings.ScramSHA512, settings.ScramSHA256, settings.Plain} {
		t.Run(mechanism, func(t *testing.T) {
			t.Parallel()
			s := &stage{t: t}
			cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "control", letters), kfake.EnableSASL(),
				kfake.TLS(&tls.Config{Certificates: []tls.Certificate{certificate}}), kfake.Superuser(mechanism, "manager", password),
				kfake.Superuser(settings.ScramSHA512, "test", "test"))
			require.NoError(t, err)
			t.Cleanup(cluster.Close)
			s.brokers = cluster.ListenAddrs()
			trusted := x509.NewCertPool()
			trusted.AppendCertsFromPEM([]byte(authority))
			s.client = s.dial(kgo.DialTLSConfig(&tls.Config{RootCAs: trusted}), kgo.SASL(scram.Auth{User: "test", Pass: "test"}.AsSha512Mechanism()))
			s.say(message("orders", 1))

			wanted := s.settings()
			wanted.Username, wanted.Mechanism, wanted.TLS = "manager", mechanism, true
			wanted.PasswordFile, wanted.CAFile = filepath.Join(t.TempDir(), "password"), filepath.Join(t.TempDir(), "ca.pem")
			write(t, wanted.PasswordFile, "not "+password+"\n")
			write(t, wanted.CAFile, another)
			r := s.begin("", wanted)
			ill := func(text string) func() bool {
				return func() bool {
					health, _ := r.Health()
					assert.NotContains(t, health.Error, password)
					return strings.Contains(health.Error, text) && r.metric(t, "connect_manager_control_up", "") == 0
				}
			}
			s.until(ill("certificate signed by unknown authority"))
			write(t, wanted.CAFile, authority)
			r.Configure(s.open(wanted))                  // another authority in the same file
			s.until(ill("EOF"))                          // a real broker says what it is: tests/controltopic
			write(t, wanted.PasswordFile, password+"\n") // needs no reload
			s.until(func() bool { return len(r.took()) == 1 })
			s.until(func() bool { return r.metric(t, "connect_manager_control_up", "") == 1 })
		})
	}
}

// A broker says how often a password is to be hashed: one that asks for two thousand million times is refused at once.
func TestBrokerDoesNotHaveTheManagerHashForHours(t *testing.T) {
	t.Parallel()
	for _, mechanism := range []string{settings.ScramSHA512, settings.ScramSHA256} {
		cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableSASL(), kfake.Superuser(mechanism, "manager", password))
		require.NoError(t, err)
		t.Cleanup(cluster.Close)
		cluster.ControlKey(kmsg.NewPtrSASLAuthenticateRequest().Key(), func(said kmsg.Request) (kmsg.Response, error, bool) {
			cluster.KeepControl()
			_, nonce, _ := bytes.Cut(said.(*kmsg.SASLAuthenticateRequest).SASLAuthBytes, []byte(",r="))
			answer := said.ResponseKind().(*kmsg.SASLAuthenticateResponse)
			answer.SASLAuthBytes = fmt.Appendf(nil, "r=%smore,s=c2FsdA==,i=2147483647", nonce)
			return answer, nil, true
		})
		s := &stage{t: t, brokers: cluster.ListenAddrs()}
		wanted := s.settings()
		wanted.Username, wanted.Mechanism, wanted.PasswordFile = "manager", mechanism, filepath.Join(t.TempDir(), "password")
		write(t, wanted.PasswordFile, password+"\n")
		r := s.begin("", wanted)
		s.until(func() bool {
			health, _ := r.Health()
			return strings.Contains(health.Error, bounds.ErrIterations.Error())
		})
	}
}

func TestWhatSettingsNameIsReadAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "empty"), "")
	for _, each := range []struct {
		settings settings.Control
		want     string
	}{
		{settings.Control{CAFile: filepath.Join(dir, "missing")}, "read serve.control.ca-file: open"},
		{settings.Control{CAFile: filepath.Join(dir, "empty")}, "there is no certificate in"},
		{settings.Control{Username: "a", PasswordFile: filepath.Join(dir, "missing")}, "serve.control.password-file: read the secret: open"},
	} {
		_, err := controltopic.Open(each.settings, slog.New(slog.DiscardHandler))
		assert.ErrorContains(t, err, each.want)
	}
}

// Nobody waits for brokers that are not there: not at the beginning, not at the end.
func TestBrokersMayBeAway(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0") // takes connections, and never answers
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	s := &stage{t: t, brokers: []string{listener.Addr().String()}}
	r := s.begin("unit-0", s.settings())
	s.until(func() bool {
		health, reads := r.Health()
		return reads && health.Error != ""
	})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.end()
	}()
	select {
	case <-ended:
	case <-time.After(deadline):
		t.Fatal("it waits for brokers that do not answer")
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

// issue makes a certificate for 127.0.0.1, and what it is verified by.
func issue(t *testing.T) (certificate tls.Certificate, authority string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a test's authority"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed})
	return tls.Certificate{Certificate: [][]byte{signed}, PrivateKey: key}, string(text)
}
