package charm

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/certificates"
	"connectcharms/requirer-lib/hook"
)

// authority is a CA of a test.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: noon.Add(-time.Hour), NotAfter: noon.Add(10000 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return &authority{t: t, cert: cert, key: key}
}

func (a *authority) pem() string { return certificatePEM(a.cert.Raw) }

// answer issues what a request asks for, until then, as the provider's databag has it.
func (a *authority) answer(request certificates.Request, until time.Time) map[string]string {
	a.t.Helper()
	var asked []struct {
		CSR string `json:"certificate_signing_request"`
	}
	require.NoError(a.t, json.Unmarshal([]byte(request.Databag()), &asked))
	block, _ := pem.Decode([]byte(asked[0].CSR))
	csr, err := x509.ParseCertificateRequest(block.Bytes)
	require.NoError(a.t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: csr.Subject, DNSNames: csr.DNSNames, IPAddresses: csr.IPAddresses,
		NotBefore: noon.Add(-time.Hour), NotAfter: until,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, csr.PublicKey, a.key)
	require.NoError(a.t, err)
	text, err := json.Marshal([]any{map[string]any{
		"certificate_signing_request": asked[0].CSR, "certificate": certificatePEM(der), "ca": a.pem(), "chain": []string{},
	}})
	require.NoError(a.t, err)
	return map[string]string{"certificates": string(text)}
}

func (a *authority) issue(request certificates.Request, until time.Time) certificates.Certificate {
	a.t.Helper()
	certificate, err := request.Answer(a.answer(request, until), nil, noon)
	require.NoError(a.t, err)
	return certificate
}

func certificatePEM(der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// withRequest has the unit ask for a certificate over relation 9.
func withRequest(t *testing.T, w *World) *World {
	t.Helper()
	relation := hook.RelationID(9)
	request, err := certificates.NewRequest(w.subject())
	require.NoError(t, err)
	w.Certificate = Certificate{Relation: &relation, Request: request, Asked: request.Databag()}
	return w
}

// holding has the unit's gateway show a certificate, which the source still offers.
func holding(w *World, certificate certificates.Certificate) *World {
	w.Certificate.Held, w.Certificate.Offered = certificate, certificate
	w.Services.Shown, w.Services.Plain = certificate.Fingerprint(), w.takesPlain()
	w.reportTLS()
	w.Sent = w.Own.clone()
	return w
}

func TestCertificateIsAskedForWithTheUnitsAddress(t *testing.T) {
	t.Parallel()
	relation := hook.RelationID(9)
	for name, test := range map[string]struct {
		change func(*World)
		want   Step
	}{
		"a new relation":              {func(w *World) { w.Certificate = Certificate{Relation: &relation} }, AskForCertificate{Relation: 9, New: true}},
		"a request that was lost":     {func(w *World) { w.Certificate.Asked = "" }, AskForCertificate{Relation: 9}},
		"a unit that moved":           {func(w *World) { w.Address = "10.0.0.99" }, AskForCertificate{Relation: 9, New: true}},
		"a name more":                 {func(w *World) { w.Config.TLSNames = []string{"connect.example"} }, AskForCertificate{Relation: 9, New: true}},
		"an operator's own secret":    {func(w *World) { w.Config.TLSSecret, w.Certificate.Asked = "secret:x", "" }, nil},
		"no address yet":              {func(w *World) { w.Address, w.Certificate.Asked = "", "" }, nil},
		"no relation":                 {func(w *World) { w.Certificate.Relation = nil; w.Certificate.Asked = "" }, nil},
		"nothing, while it is waited": {func(*World) {}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := withRequest(t, settled(t))
			test.change(w)
			assert.Equal(t, test.want, askForCertificate(w))
		})
	}
}

func TestSubjectNamesWhereClientsGo(t *testing.T) {
	t.Parallel()
	w := settled(t)
	assert.Equal(t, certificates.Subject{CommonName: "10.0.0.5", Addresses: []string{"10.0.0.5"}}, w.subject())
	w.Config.TLSNames = []string{"connect.example", "10.0.0.5", "fd00:0::1", "*.example"}
	assert.Equal(t, certificates.Subject{
		CommonName: "connect.example", Names: []string{"*.example", "connect.example"}, Addresses: []string{"10.0.0.5", "fd00::1"},
	}, w.subject())
	w.Address = "kafka-connect-0.endpoints"
	assert.Contains(t, w.subject().Names, "kafka-connect-0.endpoints", "in Kubernetes units have names")
}

// A unit whose request never is what it wants would ask in every hook, and the provider answer, without end.
func TestRequestIsOnceAndForAll(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"10.0.0.5", "::ffff:10.0.0.5", "fd00:0:0::1", "fe80::1%eth0", "FD00::A", "Connect.Example", strings.Repeat("a", 100) + ".b"} {
		w := settled(t)
		w.Address = address
		w.Config.TLSNames = []string{address, "*.example"}
		assert.Nil(t, askForCertificate(withRequest(t, w)), address)
	}
}

func TestRenewalIsAskedForInTimeAndNotInEveryHook(t *testing.T) {
	t.Parallel()
	w := withRequest(t, settled(t))
	ca := newAuthority(t, "one")
	until := noon.Add(2 * time.Hour) // it began an hour ago: two thirds are over at one o'clock
	holding(w, ca.issue(w.Certificate.Request, until))
	assert.Nil(t, askForCertificate(w))

	w.Now = noon.Add(61 * time.Minute)
	assert.Equal(t, AskForCertificate{Relation: 9, New: true}, askForCertificate(w))
	assert.Equal(t, "; the certificate expires at 2026-11-22 14:00 UTC", w.expiryNote())

	w = withRequest(t, settled(t))
	holding(w, ca.issue(w.Certificate.Request, until))
	w.Now, w.Event.Kind = noon.Add(61*time.Minute), hook.RelationChanged
	assert.Nil(t, askForCertificate(w), "a provider that gives old certificates would be asked without end")

	withRequest(t, w) // another request is out, and the old certificate is still held
	w.Certificate.Held = ca.issue(withRequest(t, settled(t)).Certificate.Request, until)
	w.Event.Kind = hook.UpdateStatus
	assert.Nil(t, askForCertificate(w), "it was asked already")
}

func TestRevokedCertificateIsAskedForAnew(t *testing.T) {
	t.Parallel()
	w := withRequest(t, settled(t))
	holding(w, newAuthority(t, "one").issue(w.Certificate.Request, noon.Add(time.Hour)))
	w.Certificate.Offered, w.Certificate.Revoked = certificates.Certificate{}, true
	assert.Equal(t, AskForCertificate{Relation: 9, New: true}, askForCertificate(w))
}

func TestWhatTheStatusSaysOfCertificates(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "one")
	for name, test := range map[string]struct {
		change func(*World)
		name   hook.StatusName
		says   string
	}{
		"not issued": {func(*World) {}, hook.Waiting, "waiting for the certificate from relation certificates"},
		"bad":        {func(w *World) { w.Certificate.Problem = "relation certificates: the certificate is for another key" }, hook.Blocked, "relation certificates: the certificate is for another key"},
		"expired": {func(w *World) {
			holding(w, ca.issue(w.Certificate.Request, noon.Add(time.Minute)))
			w.Certificate.Offered, w.Now = certificates.Certificate{}, noon.Add(time.Hour)
		}, hook.Blocked, "the certificate expired at 2026-11-22 12:01 UTC: relation certificates gives no other"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := withRequest(t, settled(t))
			test.change(w)
			assert.Equal(t, hook.Status{Name: test.name, Message: test.says}, status(w))
		})
	}
}

func TestNamesInCertificatesAreChecked(t *testing.T) {
	t.Parallel()
	for names, legal := range map[string]bool{
		"": true,
		"connect.example, *.connect,10.1.1.1,fd00::1, a_b.c": true,
		"https://connect": false, "a..b": false, "-a": false, "a b": false, "a.*.b": false, "ö": false,
	} {
		var config Config
		problem := readTLSConfig(&config, hook.Config{"tls-names": names, "tls-overlap": 60}, hook.Event{})
		assert.Equal(t, legal, problem == "", "%s: %s", names, problem)
	}
	var config Config
	assert.Contains(t, readTLSConfig(&config, hook.Config{"tls-overlap": -1}, hook.Event{}), "config tls-overlap is -1: set it between 0 and")
}
