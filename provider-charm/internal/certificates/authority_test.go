package certificates_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/certificates"
)

var (
	now       = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	addresses = []string{"10.1.1.100"}
	subject   = certificates.Subject{CommonName: "kafka-connect-0", Names: []string{"connect.example"}, Addresses: addresses}
)

// authority is a CA of a test.
type authority struct {
	t           testing.TB
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// newAuthority makes a root CA, or with a parent one that the parent signed.
func newAuthority(t testing.TB, name string, parent *authority) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	made := &authority{t: t, key: key}
	signer := parent
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.Add(1000 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	if parent == nil {
		signer = &authority{certificate: template, key: key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, signer.certificate, key.Public(), signer.key)
	require.NoError(t, err)
	made.certificate, err = x509.ParseCertificate(der)
	require.NoError(t, err)
	return made
}

func (a *authority) pem() string { return asPEM(a.certificate.Raw) }

// issue signs what a request asks for, for 30 hours around now, changed as the test wants.
func (a *authority) issue(request certificates.Request, change func(*x509.Certificate)) string {
	a.t.Helper()
	csr := parsed(a.t, request)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: csr.Subject, DNSNames: csr.DNSNames, IPAddresses: csr.IPAddresses,
		NotBefore: now.Add(-10 * time.Hour), NotAfter: now.Add(20 * time.Hour),
	}
	if change != nil {
		change(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, csr.PublicKey, a.key)
	require.NoError(a.t, err)
	return asPEM(der)
}

func asPEM(der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// csrOf is the request as the provider finds it.
func csrOf(t testing.TB, request certificates.Request) string {
	t.Helper()
	var listed []map[string]any
	require.NoError(t, json.Unmarshal([]byte(request.Databag()), &listed))
	require.Len(t, listed, 1)
	require.Equal(t, false, listed[0]["ca"], "the word is wanted by the provider's library")
	return listed[0]["certificate_signing_request"].(string)
}

func parsed(t testing.TB, request certificates.Request) *x509.CertificateRequest {
	t.Helper()
	block, _ := pem.Decode([]byte(csrOf(t, request)))
	require.NotNil(t, block)
	csr, err := x509.ParseCertificateRequest(block.Bytes)
	require.NoError(t, err)
	require.NoError(t, csr.CheckSignature())
	return csr
}

func newRequest(t testing.TB) certificates.Request {
	t.Helper()
	request, err := certificates.NewRequest(subject)
	require.NoError(t, err)
	return request
}

// entry is one answer as providers write it.
type entry map[string]any

func databag(t *testing.T, list string, entries ...entry) map[string]string {
	t.Helper()
	text, err := json.Marshal(entries)
	require.NoError(t, err)
	return map[string]string{list: string(text)}
}
