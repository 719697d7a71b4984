package charm_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/jujutest"
)

// pair is a certificate for an address, and its key, as the charm's secret has them.
func pair(t *testing.T, number int64, address string) map[string]string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(number), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.ParseIP(address)}, IsCA: true, BasicConstraintsValid: true,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	document, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return map[string]string{
		"certificate": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})),
		"private-key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: document})),
	}
}

func TestTheAPIShowsTheCertificateOfTheSecretAndTheNextOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jujutest.DeployOptions{Config: map[string]any{"state": sole}})
	w.integrate()
	address := w.address("integrator/0")
	first := pair(t, 1, address)
	shown := w.grant("tls", first)
	tokens := w.grant("tokens", map[string]string{"ada": "viewer: open sesame"})
	w.set(map[string]any{"manager-port": 8443, "manager-tokens": tokens, "manager-tls": shown})
	w.requires("integrator/0", "active", "1 connector")
	serial := func() int64 {
		connection, err := tls.Dial("tcp", address+":8443", &tls.Config{InsecureSkipVerify: true})
		require.NoError(t, err)
		defer connection.Close()
		return connection.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	}
	assert.Equal(t, int64(1), serial())

	second := pair(t, 2, address)
	require.NoError(t, w.UpdateSecret(shown, second))
	w.settle()
	require.Eventually(t, func() bool { return serial() == 2 }, time.Minute, 50*time.Millisecond)

	require.NoError(t, w.UpdateSecret(shown, map[string]string{"certificate": first["certificate"], "private-key": second["private-key"]}))
	w.settle()
	w.requires("integrator/0", "blocked", "config manager-tls: certificate and private-key are no pair in PEM")
	assert.Equal(t, int64(2), serial(), "what is wrong leaves what is there")
}
