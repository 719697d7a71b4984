package gateway_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAClientRefersToItsOwnSecretsOnly(t *testing.T) {
	t.Parallel()
	f := start(t, says(200, `{}`))
	const root = "/proc/self/cwd/secrets"
	for value, own := range map[string]bool{
		"${connector-secrets:" + root + "/relation-1:token.v3}":                                               true,
		"Bearer ${connector-secrets:" + root + "/relation-1:a}${connector-secrets:" + root + "/relation-1:b}": true,
		"${connector-secrets:" + root + "/relation-1:}":                                                       true,
		"${connector-secrets:" + root + "/relation-1:a/../../relation-12:b}":                                  true, // a key is the name of a file
		"${file:/etc/kafka/s.properties:k} ${env:HOME} $connector-secrets: {connector-secrets:/x}":            false,
		"a text about connector-secrets:" + root + "/relation-12":                                             true, // no reference
		"${vault:kv/relation-12:k}":                                                                           true,
		"${file:" + root + "/relation-1/a:k}":                                                                 true,
		"${file:/etc/../proc/self/cwd/x:k}":                                                                   true,
		"${connector-secrets:" + root + "/relation-12:a}":                                                     false,
		"${connector-secrets:" + root + "/relation-1:a} ${connector-secrets:" + root + "/relation-12:a}":      false,
		"${connector-secrets:" + root + "/relation-01:a}":                                                     false,
		"${connector-secrets:" + root + ":a}":                                                                 false,
		"${connector-secrets:" + root + "/:a}":                                                                false,
		"${connector-secrets:" + root + "/relation-1/:a}":                                                     false,
		"${connector-secrets:" + root + "//relation-1:a}":                                                     false,
		"${connector-secrets:" + root + "/relation-1/../relation-12:a}":                                       false,
		"${connector-secrets:" + root + "/./relation-1:a}":                                                    false,
		"${connector-secrets:/proc/thread-self/cwd/secrets/relation-1:a}":                                     false,
		"${connector-secrets:secrets/relation-1:a}":                                                           false,
		"${connector-secrets:a}":                                                                              false,
		"${connector-secrets::a}":                                                                             false,
		"${connector-secrets: " + root + "/relation-1:a}":                                                     false,
		"${connector-secrets:${connector-secrets:" + root + "/relation-1:a}:b}":                               false,
		"${x${connector-secrets:" + root + "/relation-12:a}}":                                                 false,
		"${connector-secrets:" + root + "/relation-1:${connector-secrets:" + root + "/relation-12:a}}":        false,
		"${connector-secrets:" + root + "/relation-1\n:a}":                                                    false,
		"${file:" + root + "/relation-12/a:k}":                                                                false,
		"${directory:" + root + "/relation-12:a}":                                                             false,
		"${directory:/proc//self/./cwd/x/../secrets/relation-12/:a}":                                          false,
		"${directory:" + root + "/relation-1/../relation-12:a}":                                               false,
		"${directory:" + root + ":a}":                                                                         false,
		"${directory:" + root + "/relation-1:a} and ${directory:" + root + "/relation-12:a}":                  false,
		"${a:b} ${" + "\n" + "connector-secrets:" + root + "/relation-12:a}":                                  false,
	} {
		config, err := json.Marshal(map[string]string{"connector.class": "C", "database.password": value})
		require.NoError(t, err)
		for _, use := range []struct{ method, target, body string }{
			{"POST", "/connectors", `{"name":"a","config":` + string(config) + `}`},
			{"PUT", "/connectors/a/config", string(config)},
			{"PATCH", "/connectors/a/config", string(config)},
			{"PUT", "/connector-plugins/C/config/validate", string(config)},
		} {
			f.expect(t, f.one, own, 403, use.method, use.target, use.body)
			f.expect(t, f.operator, true, 403, use.method, use.target, use.body)
		}
	}
}

func TestAReferenceIsFoundHoweverItIsWrittenInJSON(t *testing.T) {
	t.Parallel()
	f := start(t, says(200, `{}`))
	escaped := `{"k":"\u0024\u007bconnector\u002dsecrets:\/proc\/self\/cwd\/secrets\/relation-12:a}"}`
	got := f.do(t, f.one, "PUT", "/connectors/a/config", escaped)
	assert.Equal(t, 403, got.status)
	assert.Contains(t, got.body, "the value of k refers to secrets that are not this relation's")
	assert.Empty(t, f.taken())
}
