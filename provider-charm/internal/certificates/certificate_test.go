package certificates_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/certificates"
	"connectcharms/requirer-lib/secret"
)

func issued(t *testing.T) (certificates.Certificate, *authority) {
	t.Helper()
	root := newAuthority(t, "root", nil)
	middle := newAuthority(t, "middle", root)
	request := newRequest(t)
	certificate, err := certificates.New(request.Encode(), middle.issue(request, nil), middle.pem(), root.pem(), addresses, now)
	require.NoError(t, err)
	return certificate, root
}

func TestCertificateSurvivesItsFile(t *testing.T) {
	t.Parallel()
	certificate, root := issued(t)
	decoded, err := certificates.Decode(certificate.File())
	require.NoError(t, err)
	assert.Equal(t, certificate.Fingerprint(), decoded.Fingerprint())
	assert.Equal(t, certificate.CA(), decoded.CA())
	assert.Contains(t, decoded.CA(), root.pem())
	assert.Equal(t, certificate.File(), decoded.File())
}

func TestBrokenFileIsNoCertificate(t *testing.T) {
	t.Parallel()
	certificate, _ := issued(t)
	another, _ := issued(t)
	whole := certificate.File().Reveal()
	key, rest, _ := strings.Cut(another.File().Reveal(), "-----BEGIN CERTIFICATE-----")
	for name, text := range map[string]string{
		"empty": "", "key alone": key, "no key": rest, "no CA": strings.ReplaceAll(whole, "BEGIN CA ", "BEGIN "), "cut": whole[:len(whole)/2],
		"another's key": strings.Replace(whole, whole[:strings.Index(whole, "-----BEGIN CERTIFICATE-----")], key, 1),
	} {
		_, err := certificates.Decode(secret.New(text))
		assert.Error(t, err, name)
	}
}

// TestServerTakesTheFile holds the one file to what a TLS server and a client that has the CA make of it.
func TestServerTakesTheFile(t *testing.T) {
	t.Parallel()
	certificate, root := issued(t)
	file := []byte(certificate.File().Reveal())
	pair, err := tls.X509KeyPair(file, file)
	require.NoError(t, err)
	require.Len(t, pair.Certificate, 2, "the certificate and what leads to the CA")
	trusted := x509.NewCertPool()
	trusted.AddCert(root.certificate)
	server, client := net.Pipe()
	require.NoError(t, server.SetDeadline(time.Now().Add(time.Minute)))
	failed := make(chan error, 1)
	go func() {
		side := tls.Server(server, &tls.Config{Certificates: []tls.Certificate{pair}})
		defer side.Close()
		_, err := io.WriteString(side, "pong")
		failed <- err
	}()
	answer, err := io.ReadAll(tls.Client(client, &tls.Config{RootCAs: trusted, ServerName: "10.1.1.100", Time: func() time.Time { return now }}))
	require.NoError(t, err)
	require.NoError(t, <-failed)
	assert.Equal(t, "pong", string(answer))
}

func TestRenewalIsDueAfterTwoThirdsOfTheLife(t *testing.T) {
	t.Parallel()
	certificate, _ := issued(t) // from ten hours before now to twenty after
	assert.False(t, certificate.RenewalDue(now.Add(9*time.Hour)))
	assert.True(t, certificate.RenewalDue(now.Add(11*time.Hour)))
	assert.False(t, certificate.Expired(now.Add(19*time.Hour)))
	assert.True(t, certificate.Expired(now.Add(21*time.Hour)))
}

func TestOperatorsSecretMayHaveAnyUsualKey(t *testing.T) {
	t.Parallel()
	root := newAuthority(t, "root", nil)
	ec, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	ecDER, err := x509.MarshalECPrivateKey(ec)
	require.NoError(t, err)
	small, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(small)
	require.NoError(t, err)
	for name, test := range map[string]struct {
		public any
		key    *pem.Block
	}{
		"EC":    {ec.Public(), &pem.Block{Type: "EC PRIVATE KEY", Bytes: ecDER}},
		"RSA":   {small.Public(), &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(small)}},
		"PKCS8": {small.Public(), &pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			template := &x509.Certificate{
				SerialNumber: root.certificate.SerialNumber, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
				IPAddresses: []net.IP{net.ParseIP(addresses[0])},
			}
			der, err := x509.CreateCertificate(rand.Reader, template, root.certificate, test.public, root.key)
			require.NoError(t, err)
			certificate, err := certificates.FromSecret(content(asPEM(der), string(pem.EncodeToMemory(test.key)), root.pem()), addresses, now)
			require.NoError(t, err)
			assert.Equal(t, root.pem(), certificate.CA())
		})
	}
}

func TestWrongOperatorsSecretIsNamed(t *testing.T) {
	t.Parallel()
	root, request := newAuthority(t, "root", nil), newRequest(t)
	certificate, key := root.issue(request, nil), request.Encode().Reveal()
	encrypted := "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"
	for name, test := range map[string]struct{ certificate, key, ca, says string }{
		"no certificate": {"", key, root.pem(), "it has no certificate: put certificate, private-key and ca-certificate (PEM) into it"},
		"no key":         {certificate, "", root.pem(), "it has no private-key"},
		"no CA":          {certificate, key, "", "it has no ca-certificate"},
		"encrypted":      {certificate, encrypted, root.pem(), "encrypted: give it without a passphrase"},
		"not a key":      {certificate, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", root.pem(), "neither RSA, EC nor Ed25519"},
		"another key":    {certificate, newRequest(t).Encode().Reveal(), root.pem(), "the certificate is for another key"},
		"not a CA":       {certificate, key, "garbage", "the CA is not PEM"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := certificates.FromSecret(content(test.certificate, test.key, test.ca), addresses, now)
			assert.ErrorContains(t, err, test.says)
		})
	}
}

func content(certificate, key, ca string) map[string]secret.Value {
	return map[string]secret.Value{"certificate": secret.New(certificate), "private-key": secret.New(key), "ca-certificate": secret.New(ca)}
}
