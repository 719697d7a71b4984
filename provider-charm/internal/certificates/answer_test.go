package certificates_test

import (
	"crypto/x509"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/certificates"
	"connectcharms/requirer-lib/secret"
)

func TestAnswerToTheRequestIsFoundAmongOthers(t *testing.T) {
	t.Parallel()
	ca, request := newAuthority(t, "root", nil), newRequest(t)
	issued := ca.issue(request, nil)
	other := newRequest(t)
	bag := databag(
		t, "certificates",
		entry{"certificate_signing_request": csrOf(t, other), "certificate": ca.issue(other, nil), "ca": ca.pem(), "chain": []string{}},
		entry{"certificate_signing_request": csrOf(t, other), "certificate": 7},
		entry{"certificate_signing_request": []int{1}},
		entry{
			"certificate_signing_request": strings.TrimSpace(csrOf(t, request)), "certificate": strings.TrimSpace(issued),
			"ca": strings.TrimSpace(ca.pem()), "chain": []string{issued, ca.pem()}, "recommended_expiry_notification_time": 7, "revoked": nil,
		},
	)
	bag["capabilities"] = `{"supports_ip_sans": true}`
	certificate, err := request.Answer(bag, addresses, now)
	require.NoError(t, err)
	assert.True(t, request.Answers(certificate))
	assert.False(t, other.Answers(certificate))
	assert.Equal(t, []string{"connect.example", "10.1.1.100"}, certificate.Names())
	assert.Equal(t, ca.pem(), certificate.CA())
	assert.Equal(t, 1, strings.Count(certificate.File().Reveal(), "-----BEGIN CERTIFICATE-----"), "clients have the root themselves")
}

func TestNewestAnswerCounts(t *testing.T) {
	t.Parallel()
	ca, request := newAuthority(t, "root", nil), newRequest(t)
	older := ca.issue(request, nil)
	newer := ca.issue(request, func(c *x509.Certificate) { c.NotBefore = now.Add(-time.Hour) })
	answer := func(certificate string) entry {
		return entry{"certificate_signing_request": csrOf(t, request), "certificate": certificate, "ca": ca.pem(), "chain": []string{}}
	}
	revoked := answer(ca.issue(request, nil))
	revoked["revoked"] = true

	forth, err := request.Answer(databag(t, "certificates", answer(older), answer(newer), revoked), addresses, now)
	require.NoError(t, err)
	back, err := request.Answer(databag(t, "certificates", revoked, answer(newer), answer(older)), addresses, now)
	require.NoError(t, err)
	assert.Equal(t, forth.Fingerprint(), back.Fingerprint())
	only, err := request.Answer(databag(t, "certificates", answer(older)), addresses, now)
	require.NoError(t, err)
	assert.NotEqual(t, only.Fingerprint(), forth.Fingerprint())
}

func TestNoAnswerYetIsNoTrouble(t *testing.T) {
	t.Parallel()
	request := newRequest(t)
	for _, bag := range []map[string]string{nil, {"certificates": ""}, {"certificates": "[]"}, {"certificates": "[{}]", "request_errors": "[]"}} {
		_, err := request.Answer(bag, addresses, now)
		assert.ErrorIs(t, err, certificates.ErrNotIssued)
	}
}

func TestRefusalIsToldInTheProvidersWords(t *testing.T) {
	t.Parallel()
	request := newRequest(t)
	bag := databag(t, "request_errors",
		entry{"csr": csrOf(t, newRequest(t)), "error": entry{"code": 999, "name": "OTHER", "message": "not for us"}},
		entry{"csr": csrOf(t, request), "error": entry{"code": 101, "name": "IP_NOT_ALLOWED", "message": "no IPs\nhere" + strings.Repeat("!", 500)}})
	_, err := request.Answer(bag, addresses, now)
	require.ErrorContains(t, err, "the provider refuses the request: no IPs here!!!")
	require.ErrorContains(t, err, "(101)")
	assert.Less(t, len(err.Error()), 300)
}

func TestBadAnswerIsNamed(t *testing.T) {
	t.Parallel()
	root := newAuthority(t, "root", nil)
	middle, stranger := newAuthority(t, "middle", root), newAuthority(t, "stranger", nil)
	request, other := newRequest(t), newRequest(t)
	good := root.issue(request, nil)
	between := middle.issue(request, nil)
	for name, test := range map[string]struct {
		change entry
		says   string
	}{
		"key of another":   {entry{"certificate": root.issue(other, nil)}, "the certificate is for another key"},
		"expired":          {entry{"certificate": root.issue(request, func(c *x509.Certificate) { c.NotAfter = now.Add(-time.Minute) })}, "expired at 2026-11-22 11:59 UTC"},
		"not yet valid":    {entry{"certificate": root.issue(request, func(c *x509.Certificate) { c.NotBefore = now.Add(time.Minute) })}, "not valid before 2026-11-22 12:01 UTC"},
		"another address":  {entry{"certificate": root.issue(request, func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv4(10, 1, 1, 1)} })}, "does not name 10.1.1.100 but connect.example, 10.1.1.1"},
		"nobody":           {entry{"certificate": root.issue(request, func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, nil })}, "does not name 10.1.1.100 but nobody"},
		"not for servers":  {entry{"certificate": root.issue(request, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} })}, "no way from the certificate to its CA: x509: certificate specifies an incompatible key usage"},
		"CA of another":    {entry{"ca": stranger.pem()}, "no way from the certificate to its CA"},
		"chain is missing": {entry{"certificate": between, "chain": []string{}}, "no way from the certificate to its CA"},
		"empty":            {entry{"certificate": ""}, "the certificate is empty"},
		"no CA":            {entry{"ca": ""}, "the CA is empty"},
		"garbage":          {entry{"certificate": "garbage"}, "the certificate is not PEM"},
		"garbage behind":   {entry{"certificate": good + "garbage"}, "the certificate is not PEM"},
		"garbage inside":   {entry{"certificate": asPEM([]byte("garbage"))}, "the certificate: x509"},
		"garbage chain":    {entry{"chain": []string{"garbage"}}, "the chain is not PEM"},
		"a request":        {entry{"certificate": csrOf(t, request)}, "the certificate holds a PEM block that is no certificate"},
		"a number":         {entry{"ca": 7}, "the provider's databag: json"},
		"huge":             {entry{"certificate": strings.Repeat(good, 200)}, "more than 65536"},
		"revoked":          {entry{"revoked": true}, "the certificate was revoked by its provider"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := entry{"certificate_signing_request": csrOf(t, request), "certificate": good, "ca": root.pem(), "chain": []string{good, root.pem()}}
			for key, value := range test.change {
				answer[key] = value
			}
			_, err := request.Answer(databag(t, "certificates", answer), addresses, now)
			require.ErrorContains(t, err, test.says)
			assert.NotErrorIs(t, err, certificates.ErrNotIssued)
		})
	}
}

func TestBadDatabagIsNamed(t *testing.T) {
	t.Parallel()
	request := newRequest(t)
	for text, says := range map[string]string{
		"{}":                        "certificates is not a JSON list",
		"garbage":                   "certificates is not a JSON list",
		strings.Repeat("[", 100000): "certificates is not a JSON list",
		strings.Repeat(" ", 5<<20):  "has 5242880 bytes, more than 4194304",
	} {
		_, err := request.Answer(map[string]string{"certificates": text}, addresses, now)
		assert.ErrorContains(t, err, says)
	}
}

func TestChainIsPutInOrder(t *testing.T) {
	t.Parallel()
	root := newAuthority(t, "root", nil)
	upper := newAuthority(t, "upper", root)
	lower := newAuthority(t, "lower", upper)
	request := newRequest(t)
	issued := lower.issue(request, nil)
	for name, chain := range map[string][]string{
		"as it should be": {issued, lower.pem(), upper.pem(), root.pem()},
		"turned":          {root.pem(), upper.pem(), lower.pem(), issued},
		"bare":            {upper.pem(), lower.pem()},
		"with a stranger": {newAuthority(t, "stranger", nil).pem(), lower.pem(), upper.pem()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := entry{"certificate_signing_request": csrOf(t, request), "certificate": issued, "ca": root.pem(), "chain": chain}
			certificate, err := request.Answer(databag(t, "certificates", answer), addresses, now)
			require.NoError(t, err)
			file := certificate.File().Reveal()
			assert.Contains(t, file, issued+lower.pem()+upper.pem())
			assert.True(t, strings.HasPrefix(certificate.CA(), root.pem()), "the CA comes first")
		})
	}
}

// A CA may itself be signed by one that the provider gives in the chain only: clients that take nothing but a root need
// that one.
func TestClientsGetEveryCAOfTheChain(t *testing.T) {
	t.Parallel()
	root := newAuthority(t, "root", nil)
	middle := newAuthority(t, "middle", root)
	request := newRequest(t)
	issued := middle.issue(request, nil)
	answer := entry{"certificate_signing_request": csrOf(t, request), "certificate": issued, "ca": middle.pem(), "chain": []string{issued, middle.pem(), root.pem()}}
	certificate, err := request.Answer(databag(t, "certificates", answer), addresses, now)
	require.NoError(t, err)
	assert.Equal(t, middle.pem()+root.pem(), certificate.CA())
}

func FuzzAnswer(f *testing.F) {
	request, err := certificates.NewRequest(subject)
	if err != nil {
		f.Fatal(err)
	}
	f.Add("[]", "[]")
	f.Add(request.Databag(), `[{"csr":"","error":{"code":1,"message":"x"}}]`)
	f.Add(strings.Replace(request.Databag(), `"ca":false`, `"ca":"","chain":["-----BEGIN CERTIFICATE-----\n"],"certificate":""`, 1), "{}")
	f.Fuzz(func(t *testing.T, answers, refusals string) {
		_, err := request.Answer(map[string]string{"certificates": answers, "request_errors": refusals}, addresses, now)
		assert.Error(t, err, "nobody signed it")
	})
}

// Whatever an operator puts into a secret, or a file has, it is refused or is a certificate with its key; no error repeats the key.
func FuzzOwnCertificate(f *testing.F) {
	root := newAuthority(f, "root", nil)
	request, err := certificates.NewRequest(subject)
	if err != nil {
		f.Fatal(err)
	}
	f.Add("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n", root.pem(), root.pem())
	f.Add(request.Encode().Reveal(), root.issue(request, nil), root.pem())
	f.Add("", "-----BEGIN CERTIFICATE-----\n", "")
	f.Fuzz(func(t *testing.T, key, chain, ca string) {
		content := map[string]secret.Value{"private-key": secret.New(key), "certificate": secret.New(chain), "ca-certificate": secret.New(ca)}
		own, err := certificates.FromSecret(content, addresses, now)
		if err == nil {
			_, err = certificates.Decode(own.File())
			assert.NoError(t, err, "what is written is read")
			return
		}
		if len(key) > 20 && !strings.Contains(chain+ca, key) {
			assert.NotContains(t, err.Error(), key)
		}
	})
}
