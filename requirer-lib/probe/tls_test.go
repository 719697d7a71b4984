package probe_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connection"
)

// signer is an authority of a test.
type signer struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newSigner(t *testing.T, name string) *signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	return &signer{signedBy(t, template, template, key, key), key}
}

func signedBy(t *testing.T, template, parent x509.Certificate, key, by *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	signed, err := x509.CreateCertificate(rand.Reader, &template, &parent, key.Public(), by)
	require.NoError(t, err)
	certificate, err := x509.ParseCertificate(signed)
	require.NoError(t, err)
	return certificate
}

func (s *signer) pem() string { return pemOf("CERTIFICATE", s.certificate.Raw) }

func pemOf(kind string, content []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}))
}

// valid is a certificate for 127.0.0.1 from an hour ago to an hour from now, but for what change makes of it.
func (s *signer) valid(t *testing.T, change func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	template := x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "broker"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if change != nil {
		change(&template)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{signedBy(t, template, *s.certificate, key, s.key).Raw}, PrivateKey: key}
}

// byTLS has a target speak TLS first. One that is not content says why, and leaves it to the client to end the connection: what the
// client had sent by then, and nobody has read, would else break it off before the client has heard.
func byTLS(config *tls.Config, serve func(context.Context, net.Conn)) func(context.Context, net.Conn) {
	return func(ctx context.Context, plain net.Conn) {
		conn := tls.Server(plain, config)
		if conn.HandshakeContext(ctx) != nil {
			silent(ctx, plain)
			return
		}
		serve(ctx, conn)
	}
}

// answering speaks both as a broker and as a web server, by the first byte.
func answering(ctx context.Context, conn net.Conn) {
	first := make([]byte, 1)
	if _, err := io.ReadFull(conn, first); err != nil {
		return
	}
	if first[0] != 'G' {
		new(fakeBroker).serve(ctx, peeked{conn, io.MultiReader(bytes.NewReader(first), conn)})
		return
	}
	saying("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"+`{"version":"4.3.1"}`)(ctx, conn)
}

func TestCertificatesOfServers(t *testing.T) {
	t.Parallel()
	ours, theirs := newSigner(t, "our authority"), newSigner(t, "their authority")
	ended, begins := time.Now().Add(-time.Minute).UTC().Truncate(time.Second), time.Now().Add(30*time.Minute).UTC().Truncate(time.Second)
	for name, is := range map[string]struct {
		shows tls.Certificate
		says  string
	}{
		"expired": {
			ours.valid(t, func(c *x509.Certificate) { c.NotAfter = ended }),
			"its certificate has expired: it was valid until " + ended.Format(time.RFC3339),
		},
		"not valid yet": {
			ours.valid(t, func(c *x509.Certificate) { c.NotBefore = begins }),
			"its certificate is not valid yet: it will be from " + begins.Format(time.RFC3339) + " on",
		},
		"for another name": {
			ours.valid(t, func(c *x509.Certificate) {
				c.IPAddresses, c.DNSNames = nil, []string{"a.example", "b.example", "c.example", "d.example"}
			}),
			"its certificate is for a.example, b.example, c.example and others and not for 127.0.0.1",
		},
		"for no name": {
			ours.valid(t, func(c *x509.Certificate) { c.IPAddresses = nil }),
			"its certificate is for no name and not for 127.0.0.1",
		},
		"of an authority that nobody knows": {
			theirs.valid(t, nil), `its certificate is signed by "their authority", which is not trusted: name that authority as ca`,
		},
		"signed by itself": {
			tls.Certificate{Certificate: [][]byte{theirs.certificate.Raw}, PrivateKey: theirs.key},
			"its certificate is signed by itself, and not trusted: name it as ca",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := listen(t, byTLS(&tls.Config{Certificates: []tls.Certificate{is.shows}}, silent))
			for part, spec := range askedOf(at.address, &connection.TLS{CA: &connection.PEM{Text: ours.pem()}}) {
				result := ask(t, t.Context(), part, spec, nil)
				assert.Equal(t, connection.Errors{connection.PhaseTLS: {Message: at.address + ": " + is.says}}, result.Errors, part)
				assert.False(t, result.Refused)
			}
			at.isLeft(t)
		})
	}
}

func TestCertificatesThatWeShow(t *testing.T) {
	t.Parallel()
	ours, theirs := newSigner(t, "our authority"), newSigner(t, "their authority")
	trusted := x509.NewCertPool()
	trusted.AddCert(ours.certificate)
	at := listen(t, byTLS(&tls.Config{
		Certificates: []tls.Certificate{ours.valid(t, nil)}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: trusted,
	}, answering))
	verify := connection.TLS{CA: &connection.PEM{From: &connection.Reference{Secret: "tls", Key: "ca"}}}
	showing := verify
	showing.Certificate, showing.Key = &connection.Reference{Secret: "tls", Key: "crt"}, &connection.Reference{Secret: "tls", Key: "key"}
	given := func(by *signer, change func(*x509.Certificate)) secrets {
		pair := by.valid(t, change)
		key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
		require.NoError(t, err)
		return secrets{"tls/ca": ours.pem(), "tls/crt": pemOf("CERTIFICATE", pair.Certificate[0]), "tls/key": pemOf("PRIVATE KEY", key)}
	}
	for part := range askedOf(at.address, &verify) {
		result := ask(t, t.Context(), part, askedOf(at.address, &showing)[part], given(ours, nil))
		if part == connection.PartSchemaRegistry {
			assert.Contains(t, result.Errors[connection.PhaseRequest].Message, "not understood") // it is a worker
		} else {
			assert.True(t, result.OK, "%s %v", part, result.Errors)
		}
		if part == connection.PartKafkaCluster {
			assert.Equal(t, &connection.User{Username: "CN=broker"}, result.User)
		}
		for name, refused := range map[string]connection.Result{
			"none":       ask(t, t.Context(), part, askedOf(at.address, &verify)[part], secrets{"tls/ca": ours.pem()}),
			"of another": ask(t, t.Context(), part, askedOf(at.address, &showing)[part], given(theirs, nil)),
			"expired": ask(t, t.Context(), part, askedOf(at.address, &showing)[part], given(ours, func(c *x509.Certificate) {
				c.NotAfter = time.Now().Add(-time.Minute)
			})),
		} {
			assert.True(t, refused.Refused, "%s %s %v", part, name, refused.Errors)
			assert.Contains(t, refused.Errors[connection.PhaseTLS].Message, "it does not accept the certificate that it was shown, or that it was shown none", "%s %s", part, name)
		}
		notAPair := given(ours, nil)
		notAPair["tls/key"] = notAPair["tls/crt"]
		broken := ask(t, t.Context(), part, askedOf(at.address, &showing)[part], notAPair)
		assert.Equal(t, connection.Errors{connection.PhaseSecrets: {Message: "the certificate and its key are not a pair in PEM"}}, broken.Errors)
	}
}

func TestServersThatDoNotSpeakTLS(t *testing.T) {
	t.Parallel()
	trusted := &connection.TLS{CA: &connection.PEM{Text: newSigner(t, "our authority").pem()}}
	for name, is := range map[string]struct {
		serve     func(context.Context, net.Conn)
		says      string
		transient bool
	}{
		"silent":           {silent, "it accepted the connection and did not begin TLS in time", true},
		"closing":          {closing, "it closed the connection when TLS began: it may not speak TLS", false},
		"another protocol": {saying("HTTP/1.1 400 Bad Request\r\n\r\n"), "it does not speak TLS", false},
		"dribbling":        {dribbling("\x16\x03\x03\x40\x00"), "it accepted the connection and did not begin TLS in time", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := listen(t, is.serve)
			for part, spec := range askedOf(at.address, trusted) {
				ctx := t.Context()
				if is.transient {
					ctx = at.untilHeard(t)
				}
				result := ask(t, ctx, part, spec, nil)
				assert.Equal(t, connection.Errors{connection.PhaseTLS: {Message: at.address + ": " + is.says, IsTransient: is.transient}}, result.Errors, part)
			}
			at.isLeft(t)
		})
	}
}
