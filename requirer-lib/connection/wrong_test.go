package connection_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connection"
)

// told are the problems with a text, a line each.
func told(t testing.TB, text string) string {
	t.Helper()
	_, err := connection.Parse([]byte(text))
	if err == nil {
		return ""
	}
	problems, is := errors.AsType[connection.Problems](err)
	require.True(t, is, "%v", err)
	require.NotEmpty(t, problems)
	return err.Error()
}

const direct = `{"id": "a", "type": "DIRECT", "kafka_cluster": {"bootstrap_servers": "b:9092"}%s}`

func TestLengthsAreCountedInCharacters(t *testing.T) {
	t.Parallel()
	schema := schemaOf(t, ofSpec)
	const wantID, wantName = "id must have 1 to 64 characters", "name must have at most 64 characters"
	for text, want := range map[string]string{
		`{"id": "", "type": "LOCAL", "local_config": {}}`:                                                               wantID,
		fmt.Sprintf(`{"id": %q, "type": "LOCAL", "local_config": {}}`, strings.Repeat("a", 64)):                         "",
		fmt.Sprintf(`{"id": %q, "type": "LOCAL", "local_config": {}}`, strings.Repeat("a", 65)):                         wantID,
		fmt.Sprintf(`{"id": %q, "type": "LOCAL", "local_config": {}}`, strings.Repeat("ä", 64)):                         "",
		fmt.Sprintf(`{"id": %q, "type": "LOCAL", "local_config": {}}`, strings.Repeat("😀", 64)):                         "",
		fmt.Sprintf(`{"id": %q, "type": "LOCAL", "local_config": {}}`, strings.Repeat("😀", 65)):                         wantID,
		fmt.Sprintf(`{"id": "a", "name": %q, "type": "LOCAL", "local_config": {}}`, strings.Repeat("ü", 64)):            "",
		fmt.Sprintf(`{"id": "a", "name": %q, "type": "LOCAL", "local_config": {}}`, strings.Repeat("ü", 65)):            wantName,
		`{"id": "a", "name": "", "type": "LOCAL", "local_config": {}}`:                                                  "",
		fmt.Sprintf(`{"id": "a", "type": "CCLOUD", "ccloud_config": {"organization_id": %q}}`, strings.Repeat("o", 36)): "",
	} {
		assert.Equal(t, want, told(t, text), text)
		assert.Equal(t, want == "", schema.Validate(instance(t, []byte(text))) == nil, "the schema says the same: %s", text)
	}
	for _, length := range []int{0, 1, 35, 37, 72} {
		text := fmt.Sprintf(`{"id": "a", "type": "CCLOUD", "ccloud_config": {"organization_id": %q}}`, strings.Repeat("ö", length))
		assert.Equal(t, "ccloud_config.organization_id must have exactly 36 characters; without it, it is the default organization", told(t, text))
		require.Error(t, schema.Validate(instance(t, []byte(text))))
	}
}

const wantReference = `must be a reference, {"secret": NAME, "key": KEY} or {"env": NAME}: a spec has no secrets in it`

// TestWhatIsWrongIsToldAtOnce: a text, and all that is told of it. The schema refuses each of them, too.
func TestWhatIsWrongIsToldAtOnce(t *testing.T) {
	t.Parallel()
	schema := schemaOf(t, ofSpec)
	for text, want := range map[string][]string{
		`[]`:     {"the connection must be an object"},
		`{}`:     {"id must have 1 to 64 characters", "type must be LOCAL, CCLOUD or DIRECT"},
		`"text"`: {"the connection must be an object"},
		`{"id": 1, "name": null, "type": true, "local_config": [], "extra": 1}`: {
			"id must be a text", "name has no value: leave it out", "type must be a text", "local_config must be an object",
			"extra is not a field of a connection",
		},
		`{"id": "a", "type": "local", "local_config": {}}`: {"type must be LOCAL, CCLOUD or DIRECT"},
		`{"id": "a", "type": "LOCAL"}`:                     {"the connection must have local_config, and no other configuration, with the type LOCAL"},
		`{"id": "a", "type": "CCLOUD", "local_config": {}}`: {
			"the connection must have ccloud_config, and no other configuration, with the type CCLOUD",
		},
		`{"id": "a", "type": "DIRECT", "kafka_cluster": {"bootstrap_servers": "b:1"}, "local_config": {}}`: {
			"the connection must have kafka_cluster, schema_registry or kafka_connect, and no other configuration, with the type DIRECT",
		},
		`{"id": "..", "type": "LOCAL", "local_config": {}}`:                              {"id must not be . or ..: it is part of a URL"},
		`{"id": "a\u0000", "type": "LOCAL", "local_config": {}}`:                         {"id must not have control characters in it"},
		`{"id": "a", "type": "LOCAL", "local_config": {"uri": 1}}`:                       {"local_config.uri is not a field of a connection"},
		`{"id": "a", "type": "DIRECT", "kafka_cluster": {}}`:                             {"kafka_cluster.bootstrap_servers must be brokers such as host:9092, separated by commas, 64 at most"},
		`{"id": "a", "type": "DIRECT", "schema_registry": {}}`:                           {"schema_registry.uri must be a URL such as https://host:8081, without user, password, query and fragment"},
		`{"id": "a", "type": "DIRECT", "kafka_connect": {}}`:                             {"kafka_connect.endpoints must be the base URLs of workers, 1 to 64"},
		`{"id": "a", "type": "DIRECT", "kafka_connect": {"endpoints": ["http://a", 1]}}`: {"kafka_connect.endpoints must be a list of texts"},
		`{"id": "a", "type": "DIRECT", "kafka_connect": {"endpoints": ["http://a", "https://b"], "username": "u"}}`: {
			"kafka_connect.endpoints must be all http, or all https", "kafka_connect.password is not there: " + wantReference,
		},
		`{"id": "a", "type": "DIRECT", "schema_registry": {"uri": "http://a", "tls": {}}}`: {"schema_registry.tls is for https"},
		`{"id": "a", "type": "DIRECT", "schema_registry": {"uri": "https://a", "tls": {"certificate": {"secret": "x"}}}}`: {
			"schema_registry.tls.key is not there: " + wantReference,
		},
		`{"id": "a", "type": "CCLOUD", "ccloud_config": {"credentials": {"type": "BASIC", "username": "u"}}}`: {
			"ccloud_config.credentials.type must be one of API_KEY, OAUTHBEARER",
		},
		fmt.Sprintf(direct, `, "schema_registry": {"uri": "https://a", "credentials": {"type": "SCRAM-SHA-256"}}`): {
			"schema_registry.credentials.type must be one of BASIC, OAUTHBEARER, API_KEY",
		},
		`{"id": "a", "type": "DIRECT", "kafka_cluster": {"bootstrap_servers": "b:1", "credentials": {"type": "SCRAM-SHA-256", "api_key": "k"}}}`: {
			"kafka_cluster.credentials.username is not there", "kafka_cluster.credentials.password is not there: " + wantReference,
			"kafka_cluster.credentials.api_key is not for credentials of the type SCRAM-SHA-256",
		},
		`{"id": "a", "type": "DIRECT", "kafka_cluster": {"bootstrap_servers": "b:1", "credentials": {"type": "OAUTHBEARER", "token": {"env": "T"}, "scope": "s"}}}`: {
			"kafka_cluster.credentials.scope is not for credentials with a token",
		},
		`{"id": "a", "type": "DIRECT", "kafka_cluster": {"bootstrap_servers": "b:1", "credentials": {"type": "OAUTHBEARER", "client_id": "c", "extensions": {"auth": "x"}}}}`: {
			"kafka_cluster.credentials.client_secret is not there: " + wantReference, "kafka_cluster.credentials.token_url is not there",
			"kafka_cluster.credentials.extensions must be named with letters, other than auth, and have printable texts",
		},
		`{"id": "a", "type": "DIRECT", "schema_registry": {"uri": "https://a", "tls": {"ca": ""}}}`: {
			"schema_registry.tls.ca must be certificates as PEM, or a reference to them",
		},
		`{"id": "a", "type": "DIRECT", "schema_registry": {"uri": "https://a", "credentials": {"type": "BASIC", "username": "u", "password": {"env": "A", "secret": "b"}}}}`: {
			"schema_registry.credentials.password " + wantReference,
		},
		`{"id": "a", "type": "DIRECT", "schema_registry": {"uri": "https://a", "credentials": {"type": "BASIC", "username": "u", "password": {"secret": "../etc"}}}}`: {
			"schema_registry.credentials.password " + wantReference,
		},
	} {
		assert.Equal(t, strings.Join(want, "\n"), told(t, text), text)
		require.Error(t, schema.Validate(instance(t, []byte(text))), text)
	}
}

// TestWhatASchemaCannotSayIsToldToo: these it takes.
func TestWhatASchemaCannotSayIsToldToo(t *testing.T) {
	t.Parallel()
	const here, certificates = "must be on this machine, localhost: for others there is the type DIRECT", "must be certificates as PEM, or a reference to them"
	schema := schemaOf(t, ofSpec)
	for text, want := range map[string]string{
		`{"id": "a", "type": "LOCAL", "local_config": {"bootstrap_servers": "localhost:1,b:2"}}`:           "local_config.bootstrap_servers " + here,
		`{"id": "a", "type": "LOCAL", "local_config": {"schema_registry_uri": "http://127.0.0.1.nip.io"}}`: "local_config.schema_registry_uri " + here,
		`{"id": "a", "type": "CCLOUD", "ccloud_config": {"uri": "http://api.example.org"}}`:                "ccloud_config.uri must be https: what goes there is secret",
		`{"id": "a", "type": "DIRECT", "kafka_cluster": {"bootstrap_servers": "b:70000"}}`:                 "kafka_cluster.bootstrap_servers must have ports from 1 to 65535",
		`{"id": "a", "type": "DIRECT", "schema_registry": {"uri": "https://a", "tls": {"ca": "x"}}}`:       "schema_registry.tls.ca " + certificates,
		`{"id": "a", "type": "DIRECT", "schema_registry": {"uri": "http://[::1"}}`: "schema_registry.uri must be a URL such as https://host:8081, " +
			"without user, password, query and fragment",
	} {
		assert.Equal(t, want, told(t, text), text)
		require.NoError(t, schema.Validate(instance(t, []byte(text))), text)
	}
}

// TestNoSecretIsTakenOrRepeated: wherever one may be put by mistake.
func TestNoSecretIsTakenOrRepeated(t *testing.T) {
	t.Parallel()
	const key = "-----BEGIN PRIVATE KEY-----\\naHVudGVyMg==\\n-----END PRIVATE KEY-----\\n"
	for _, text := range []string{
		`{"id": "a", "type": "DIRECT", "kafka_cluster": {"bootstrap_servers": "b:1", "credentials": {"type": "BASIC", "username": "u", "password": "hunter2"}}}`,
		`{"id": "a", "type": "DIRECT", "kafka_cluster": {"bootstrap_servers": "b:1", "credentials": {"type": "BASIC", "username": "u", "password": {"value": "hunter2"}}}}`,
		`{"id": "a", "type": "DIRECT", "kafka_cluster": {"bootstrap_servers": "b:1", "credentials": {"type": "BASIC", "username": "u", "password": {"secret": "hunter2 "}}}}`,
		`{"id": "a", "type": "DIRECT", "kafka_cluster": {"bootstrap_servers": "b:1", "password": "hunter2"}}`,
		`{"id": "a", "type": "DIRECT", "kafka_cluster": {"bootstrap_servers": "SASL_SSL://u:hunter2@b:1"}}`,
		`{"id": "a", "type": "DIRECT", "schema_registry": {"uri": "https://u:hunter2@registry"}}`,
		`{"id": "a", "type": "DIRECT", "schema_registry": {"uri": "https://registry?token=hunter2"}}`,
		`{"id": "a", "type": "DIRECT", "schema_registry": {"uri": "https://registry", "tls": {"key": "` + key + `"}}}`,
		`{"id": "a", "type": "DIRECT", "schema_registry": {"uri": "https://registry", "tls": {"ca": "` + key + `"}}}`,
		`{"id": "a", "type": "CCLOUD", "ccloud_config": {"credentials": {"type": "OAUTHBEARER", "token": "hunter2"}}}`,
		`{"id": "a", "type": "CCLOUD", "ccloud_config": {"credentials": {"type": "hunter2"}}}`,
		`{"id": "a", "type": "hunter2", "local_config": {}}`,
		`{"id": "a", "type": "LOCAL", "local_config": {}} hunter2`,
	} {
		said := told(t, text)
		assert.NotEmpty(t, said, text)
		assert.NotContains(t, said, "hunter2", text)
		assert.NotContains(t, said, "aHVudGVyMg", text)
	}
}

func TestWhatIsNoConnectionAtAllIsRefused(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 17) + strings.Repeat("]", 17)
	for text, want := range map[string]string{
		"":                                      "the connection is not JSON",
		"{":                                     "the connection is not JSON",
		"id: a":                                 "the connection is not JSON",
		"{} {}":                                 "the connection is not JSON",
		"{\"id\": \"\xff\"}":                    "the connection is not UTF-8 text",
		deep:                                    "the connection is nested more than 16 deep",
		strings.Repeat("[", 60_000):             "the connection is not JSON",
		`{"x": ` + deep + `}`:                   "the connection is nested more than 16 deep",
		`"` + strings.Repeat("a", 64<<10) + `"`: "the connection is longer than 65536 bytes",
	} {
		assert.Equal(t, want, told(t, text), "%.40s", text)
	}
	huge := bytes.Repeat([]byte(`{"id":"a",`), 5<<20)
	_, err := connection.Parse(huge)
	require.EqualError(t, err, "the connection is longer than 65536 bytes")
	assert.Equal(t, "id is there twice\nkafka_cluster.bootstrap_servers is there twice", told(t,
		`{"id": "a", "id": "b", "type": "DIRECT", "kafka_cluster": {"bootstrap_servers": "b:1", "bootstrap_servers": "c:1"}}`))
}

// FuzzParse: whatever comes in, it is read or told off; what is read is right by the schema, and is read again as the same.
func FuzzParse(f *testing.F) {
	for _, text := range corpus(f, "right") {
		f.Add(text)
	}
	for _, text := range []string{"", "{}", "[]", fmt.Sprintf(direct, ""), fmt.Sprintf(direct, `, "name": "\ud800"`), `{"id": {"id": {}}}`} {
		f.Add([]byte(text))
	}
	schema := schemaOf(f, ofSpec)
	f.Fuzz(func(t *testing.T, text []byte) {
		spec, err := connection.Parse(text)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		require.NoError(t, spec.Validate())
		require.NoError(t, schema.Validate(instance(t, text)), "%s", text)
		written, err := json.Marshal(spec)
		require.NoError(t, err)
		again, err := connection.Parse(written)
		require.NoError(t, err, "%s", written)
		require.Equal(t, spec, again)
		for _, each := range spec.References() {
			require.True(t, each.Reference.IsValid())
		}
	})
}
