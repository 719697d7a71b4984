package certificates_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/certificates"
	"connectcharms/requirer-lib/secret"
)

func TestRequestNamesTheSubject(t *testing.T) {
	t.Parallel()
	request := newRequest(t)
	csr := parsed(t, request)
	assert.Equal(t, "kafka-connect-0", csr.Subject.CommonName)
	assert.Equal(t, []string{"connect.example"}, csr.DNSNames)
	require.Len(t, csr.IPAddresses, 1)
	assert.Equal(t, "10.1.1.100", csr.IPAddresses[0].String())

	assert.True(t, request.IsFor(subject))
	for _, other := range []certificates.Subject{
		{CommonName: "kafka-connect-1", Names: subject.Names, Addresses: subject.Addresses},
		{CommonName: subject.CommonName, Addresses: subject.Addresses},
		{CommonName: subject.CommonName, Names: subject.Names, Addresses: []string{"10.1.1.101"}},
	} {
		assert.False(t, request.IsFor(other))
	}
	assert.False(t, certificates.Request{}.IsFor(subject))
}

func TestLongNameIsCutInTheRequest(t *testing.T) {
	t.Parallel()
	long := certificates.Subject{CommonName: strings.Repeat("x", 200), Addresses: addresses}
	request, err := certificates.NewRequest(long)
	require.NoError(t, err)
	assert.Len(t, parsed(t, request).Subject.CommonName, 64)
	assert.True(t, request.IsFor(long))
}

func TestRequestSurvivesItsFile(t *testing.T) {
	t.Parallel()
	request := newRequest(t)
	decoded, err := certificates.DecodeRequest(request.Encode())
	require.NoError(t, err)
	assert.Equal(t, request.Databag(), decoded.Databag())
	assert.Equal(t, request.Encode(), decoded.Encode())
}

func TestBrokenRequestFileIsNamed(t *testing.T) {
	t.Parallel()
	request, other := newRequest(t).Encode().Reveal(), newRequest(t).Encode().Reveal()
	const border = "-----BEGIN CERTIFICATE REQUEST-----"
	key, _, _ := strings.Cut(request, border)
	_, csr, _ := strings.Cut(other, border)
	for text, says := range map[string]string{
		"":                 "the private key is not there",
		border + csr:       "the private key is not there",
		key:                "it is not there",
		key + border + csr: "it is for another key",
		key + border + "\nAA==\n-----END CERTIFICATE REQUEST-----\n": "asn1",
	} {
		_, err := certificates.DecodeRequest(secret.New(text))
		assert.ErrorContains(t, err, says)
	}
}

func TestEachRequestHasItsOwnKey(t *testing.T) {
	t.Parallel()
	assert.NotEqual(t, parsed(t, newRequest(t)).PublicKey, parsed(t, newRequest(t)).PublicKey)
}

func TestKeyDoesNotPrintItself(t *testing.T) {
	t.Parallel()
	request := newRequest(t)
	line := strings.Split(request.Encode().Reveal(), "\n")[1]
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		shown := fmt.Sprintf(verb, request)
		assert.NotContains(t, shown, line)
		assert.NotContains(t, shown, "PrivateKey{", verb)
	}
	assert.NotContains(t, request.Databag(), line)
}
