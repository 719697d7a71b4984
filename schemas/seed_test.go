package schemas_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/schemas"
)

const (
	longUser = "secret://59060ecc-0495-4a80-8006-5f1fc13fd783/cjqub6vubg2s77p3nio0"
	longTLS  = "secret://59060ecc-0495-4a80-8006-5f1fc13fd783/cjqub7fubg2s77p3niog"
	short    = "secret:cjqub6vubg2s77p3nio0"
	names    = `["username", "password", "tls-ca"]`
)

// The examples of the published contract. Its YAML shows requested-secrets as a
// list; on the wire it is the JSON text of that list.
func TestPublishedExamplesAreValid(t *testing.T) {
	t.Parallel()
	asText, err := json.Marshal([]string{"username", "password", "tls-ca"})
	require.NoError(t, err)

	requirer, err := schemas.DecodeRequirer(map[string]string{
		"plugin-url":        "http://10.1.1.200:8080/route/to/plugin",
		"requested-secrets": string(asText),
	})
	require.NoError(t, err)
	assert.Equal(t, schemas.Requirer{Version: schemas.V0, Requests: []schemas.Request{{
		PluginURL:        "http://10.1.1.200:8080/route/to/plugin",
		RequestedSecrets: []string{"username", "password", "tls-ca"},
	}}}, requirer)

	provider, err := schemas.DecodeProvider(map[string]string{
		"endpoints":   "http://10.1.1.100:8083,http://10.1.1.101:8083,http://10.1.1.102:8083",
		"secret-user": longUser,
		"secret-tls":  longTLS,
	})
	require.NoError(t, err)
	const model = "59060ecc-0495-4a80-8006-5f1fc13fd783"
	assert.Equal(t, schemas.Provider{Version: schemas.V0, Answers: []schemas.Answer{{
		Endpoints:  []string{"http://10.1.1.100:8083", "http://10.1.1.101:8083", "http://10.1.1.102:8083"},
		SecretUser: schemas.SecretURI{ModelUUID: model, ID: "cjqub6vubg2s77p3nio0"},
		SecretTLS:  schemas.SecretURI{ModelUUID: model, ID: "cjqub7fubg2s77p3niog"},
	}}}, provider)
}

func TestRequirerTakesWhatPeersWrite(t *testing.T) {
	t.Parallel()
	cases := map[string]map[string]string{
		"no plugin":          {"plugin-url": "NOT-REQUIRED", "requested-secrets": names},
		"v0 peer":            {"plugin-url": "http://a/api/v1/plugin", "requested-secrets": `["username","password","tls","tls-ca","uris","read-only-uris","entity-name","entity-password"]`, "provided-secrets": `["x"]`, "data": "{}"},
		"digest":             {"plugin-url": "https://a/p.tgz", "requested-secrets": names, "plugin-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		"credentials in URL": {"plugin-url": "https://joe:s3cret@a.example:8443/p%20q.tgz?X-Signature=abc#top", "requested-secrets": names},
		"IPv6 host":          {"plugin-url": "http://[fd00::1]:8080/p", "requested-secrets": names},
		"no path":            {"plugin-url": "http://host", "requested-secrets": names},
		"highest port":       {"plugin-url": "http://host:65535/", "requested-secrets": names},
		"blanks around JSON": {"plugin-url": "http://host", "requested-secrets": " \n" + names + "\n"},
		"empty is absent":    {"plugin-url": "http://host", "requested-secrets": names, "plugin-sha256": ""},
	}
	for name, databag := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := schemas.DecodeRequirer(databag)
			assert.NoError(t, err)
		})
	}
}

func TestProviderTakesWhatPeersWrite(t *testing.T) {
	t.Parallel()
	cases := map[string]map[string]string{
		"short secret":    {"endpoints": "http://a:8083", "secret-user": short},
		"https":           {"endpoints": "https://a:8083,https://b:8083", "secret-user": short, "secret-tls": longTLS},
		"path and IPv6":   {"endpoints": "http://[::1]:8083/connect/,http://a.b/x%20y", "secret-user": short},
		"bookkeeping":     {"endpoints": "http://a", "secret-user": short, "data": "{}", "tls": "disabled", "username": "u", "password": "p"},
		"status":          {"endpoints": "http://a", "secret-user": short, "status": `[{"code":4001,"message":"m","resolution":"r","more":1},{"code":1000.0,"message":""}]`},
		"no status entry": {"endpoints": "http://a", "secret-user": short, "status": "[]"},
	}
	for name, databag := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := schemas.DecodeProvider(databag)
			assert.NoError(t, err)
		})
	}
}

func TestStatusEntriesAreDecoded(t *testing.T) {
	t.Parallel()
	provider, err := schemas.DecodeProvider(map[string]string{
		"endpoints": "http://a", "secret-user": short,
		"status": `[{"code":5002,"message":"no such plugin","resolution":"mend plugin-url","CODE":"x"},{"code":1e3,"message":"m"}]`,
	})
	require.NoError(t, err)
	assert.Equal(t, []schemas.StatusEntry{
		{Code: 5002, Message: "no such plugin", Resolution: "mend plugin-url"},
		{Code: 1000, Message: "m"},
	}, provider.Status)
}

func TestUnknownKeysAreKept(t *testing.T) {
	t.Parallel()
	requirer, err := schemas.DecodeRequirer(map[string]string{
		"plugin-url": "NOT-REQUIRED", "requested-secrets": names, "version": "v0", "data": "{}",
	})
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"data": "{}"}, requirer.Requests[0].Extra)
	assert.Equal(t, "{}", requirer.Encode()["data"])
}

func TestExtraNeverOverwritesAKeyOfTheContract(t *testing.T) {
	t.Parallel()
	provider := schemas.Provider{Answers: []schemas.Answer{{
		Extra: map[string]string{"endpoints": "http://elsewhere", "tls": "true"},
	}}}
	assert.Equal(t, map[string]string{"tls": "true"}, provider.Encode())
}
