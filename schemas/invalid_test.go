package schemas_test

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/schemas"
)

// badCase changes one key of a valid databag ("" takes it away) and names each
// key and rule that must then be reported, and no other.
type badCase struct {
	name, key, value string
	want             []string // "key: part of the rule"
}

var badRequirers = []badCase{
	{"no plugin-url", "plugin-url", "", []string{"plugin-url: must be set"}},
	{"no requested-secrets", "requested-secrets", "", []string{"requested-secrets: must be set"}},
	{"sentinel in small letters", "plugin-url", "not-required", []string{"plugin-url: must begin with http"}},
	{"sentinel and more", "plugin-url", "NOT-REQUIRED ", []string{"plugin-url: must begin with http", "plugin-url: without blanks"}},
	{"ftp plugin", "plugin-url", "ftp://host/p.tgz", []string{"plugin-url: must begin with http"}},
	{"file plugin", "plugin-url", "file:///etc/passwd", []string{"plugin-url: must begin with http"}},
	{"plugin path only", "plugin-url", "/p.tgz", []string{"plugin-url: must begin with http"}},
	{"plugin without host", "plugin-url", "http:///p.tgz", []string{"plugin-url: must name a host"}},
	{"plugin with port 0", "plugin-url", "http://host:0/p", []string{"plugin-url: must name a host"}},
	{"plugin with port 65536", "plugin-url", "http://host:65536/p", []string{"plugin-url: must name a host"}},
	{"plugin with a word as port", "plugin-url", "http://host:port/p", []string{"plugin-url: must name a host", "plugin-url: RFC 3986"}},
	{"plugin with a blank", "plugin-url", "http://host/a b", []string{"plugin-url: without blanks"}},
	{"plugin with a newline", "plugin-url", "http://host/a\nb", []string{"plugin-url: without blanks", "plugin-url: must name a host", "plugin-url: RFC 3986"}},
	{"plugin with a letter outside ASCII", "plugin-url", "http://host/ä", []string{"plugin-url: without blanks"}},
	{"plugin with a bad escape", "plugin-url", "http://host/%zz", []string{"plugin-url: followed by two", "plugin-url: RFC 3986"}},
	{"plugin with a bad IPv6 address", "plugin-url", "http://[::zz]/p", []string{"plugin-url: must name a host", "plugin-url: RFC 3986"}},
	{"digest too short", "plugin-sha256", "abc", []string{"plugin-sha256: 64 lower-case"}},
	{"digest in capitals", "plugin-sha256", strings.Repeat("A", 64), []string{"plugin-sha256: 64 lower-case"}},
	{"digest with a prefix", "plugin-sha256", "sha256:" + strings.Repeat("a", 64), []string{"plugin-sha256: 64 lower-case"}},
	{"names not JSON", "requested-secrets", "username,password", []string{"requested-secrets: JSON array"}},
	{"names as YAML list", "requested-secrets", "['username', 'password']", []string{"requested-secrets: JSON array"}},
	{"names an object", "requested-secrets", `{"username":"","password":""}`, []string{"requested-secrets: JSON array"}},
	{"names a JSON text", "requested-secrets", `"[\"username\",\"password\"]"`, []string{"requested-secrets: JSON array"}},
	{"names cut off", "requested-secrets", `["username","password"`, []string{"requested-secrets: JSON array"}},
	{"names and more", "requested-secrets", names + "x", []string{"requested-secrets: JSON array"}},
	{"no name at all", "requested-secrets", "[]", []string{"requested-secrets: must hold username", "requested-secrets: must hold password"}},
	{"username not asked for", "requested-secrets", `["password"]`, []string{"requested-secrets: must hold username"}},
	{"password not asked for", "requested-secrets", `["username","tls-ca"]`, []string{"requested-secrets: must hold password"}},
	{"name not text", "requested-secrets", `["username","password",7]`, []string{"requested-secrets: legal Juju"}},
	{"name with an underscore", "requested-secrets", `["username","password","tls_ca"]`, []string{"requested-secrets: legal Juju"}},
	{"name in capitals", "requested-secrets", `["username","password","TLS"]`, []string{"requested-secrets: legal Juju"}},
	{"name begins with a digit", "requested-secrets", `["username","password","1tls"]`, []string{"requested-secrets: legal Juju"}},
	{"name ends with a dash", "requested-secrets", `["username","password","tls-"]`, []string{"requested-secrets: legal Juju"}},
	{"name too short", "requested-secrets", `["username","password","ca"]`, []string{"requested-secrets: legal Juju"}},
	{"empty name", "requested-secrets", `["username","password",""]`, []string{"requested-secrets: legal Juju"}},
	{"connector secrets by label", "connector-secrets", "kafka.files", []string{"connector-secrets: secret URI"}},
	{"connector secrets with a revision", "connector-secrets", short + "?revision=2", []string{"connector-secrets: secret URI"}},
}

var badProviders = []badCase{
	{"no endpoints", "endpoints", "", []string{"endpoints: must be set"}},
	{"no secret-user", "secret-user", "", []string{"secret-user: must be set"}},
	{"endpoint without scheme", "endpoints", "10.1.1.100:8083", []string{"endpoints: begin every URL"}},
	{"endpoint of another scheme", "endpoints", "http://a,ftp://b", []string{"endpoints: begin every URL"}},
	{"blank after the comma", "endpoints", "http://a, http://b", []string{"endpoints: without blanks", "endpoints: begin every URL"}},
	{"empty place", "endpoints", "http://a,,http://b", []string{"endpoints: empty places", "endpoints: begin every URL"}},
	{"comma at the end", "endpoints", "http://a,", []string{"endpoints: empty places", "endpoints: begin every URL"}},
	{"endpoints as JSON", "endpoints", `["http://a"]`, []string{"endpoints: begin every URL"}},
	{"endpoint with a user", "endpoints", "http://u:p@a:8083", []string{"endpoints: user or a password"}},
	{"endpoint with a query", "endpoints", "http://a/?x=1", []string{"endpoints: query or a fragment"}},
	{"endpoint with a fragment", "endpoints", "http://a#x", []string{"endpoints: query or a fragment"}},
	{"endpoint without host", "endpoints", "http://a,http://:8083", []string{"endpoints: must name a host"}},
	{"endpoint with port 99999", "endpoints", "http://a:99999", []string{"endpoints: must name a host"}},
	{"endpoint with a bad escape", "endpoints", "http://a/%2", []string{"endpoints: followed by two"}},
	{"two schemes", "endpoints", "http://a,https://b", []string{"endpoints: one scheme", "secret-tls: when an endpoint is https"}},
	{"https without secret-tls", "endpoints", "https://a:8083", []string{"secret-tls: when an endpoint is https"}},
	{"secret by label", "secret-user", "kafka.user", []string{"secret-user: secret URI"}},
	{"secret ID alone", "secret-user", "cjqub6vubg2s77p3nio0", []string{"secret-user: secret URI"}},
	{"secret with a revision", "secret-user", short + "?revision=2", []string{"secret-user: secret URI"}},
	{"secret ID too short", "secret-user", "secret:cjqub6vubg2s77p3nio", []string{"secret-user: secret URI"}},
	{"secret ID with a z", "secret-user", "secret:cjqub6vubg2s77p3nioz", []string{"secret-user: secret URI"}},
	{"secret without model", "secret-tls", "secret:///cjqub6vubg2s77p3nio0", []string{"secret-tls: secret URI"}},
	{"secret with a bad model", "secret-tls", "secret://dev/cjqub6vubg2s77p3nio0", []string{"secret-tls: secret URI"}},
	{"status not JSON", "status", "active", []string{"status: JSON array"}},
	{"status one entry", "status", `{"code":1000,"message":"m"}`, []string{"status: JSON array"}},
	{"status of numbers", "status", `[1]`, []string{"status: objects with a code"}},
	{"status without message", "status", `[{"code":1000}]`, []string{"status: objects with a code"}},
	{"status code text", "status", `[{"code":"1000","message":"m"}]`, []string{"status: whole number"}},
	{"status code broken", "status", `[{"code":1000.5,"message":"m"}]`, []string{"status: whole number"}},
	{"status code below 0", "status", `[{"code":-1,"message":"m"}]`, []string{"status: whole number"}},
	{"status code enormous", "status", `[{"code":1e300,"message":"m"}]`, []string{"status: whole number"}},
	{"status code beyond numbers", "status", `[{"code":1e9999999,"message":"m"}]`, []string{"status: JSON array"}},
	{"status message null", "status", `[{"code":1000,"message":null}]`, []string{"status: text as message"}},
	{"place a word", "connector-secrets", "directory", []string{"connector-secrets: JSON object"}},
	{"place without a path", "connector-secrets", `{"provider":"p"}`, []string{"connector-secrets: JSON object"}},
	{"place that is relative", "connector-secrets", `{"provider":"p","path":"secrets"}`, []string{"connector-secrets: absolute path"}},
	{"place that ends a reference", "connector-secrets", `{"provider":"p","path":"/a}/b"}`, []string{"connector-secrets: absolute path"}},
	{"place of a provider with a colon", "connector-secrets", `{"provider":"p:q","path":"/a"}`, []string{"connector-secrets: config.providers"}},
	{"connections a list", "connections", `[]`, []string{"connections: JSON object"}},
	{"connections without a state", "connections", `{"kafka_cluster":{}}`, []string{"connections: object with a state"}},
	{"connections with a number for a state", "connections", `{"kafka_cluster":{"state":1}}`, []string{"connections: text as state"}},
	{"status resolution a list", "status", `[{"code":1000,"message":"m","resolution":[]}]`, []string{"status: text as resolution"}},
}

func TestBadRequirersAreNamedByKeyAndRule(t *testing.T) {
	t.Parallel()
	good := map[string]string{"plugin-url": "http://host/p.tgz", "requested-secrets": names}
	checkBad(t, badRequirers, good, func(databag map[string]string) error {
		_, err := schemas.DecodeRequirer(databag)
		return err
	})
}

func TestBadProvidersAreNamedByKeyAndRule(t *testing.T) {
	t.Parallel()
	good := map[string]string{"endpoints": "http://host:8083", "secret-user": short}
	checkBad(t, badProviders, good, func(databag map[string]string) error {
		_, err := schemas.DecodeProvider(databag)
		return err
	})
}

func checkBad(t *testing.T, cases []badCase, good map[string]string, decode func(map[string]string) error) {
	t.Helper()
	require.NoError(t, decode(good))
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			databag := maps.Clone(good)
			databag[c.key] = c.value
			problems := schemas.Problems(decode(databag))
			var got []string
			for _, problem := range problems {
				got = append(got, problem.Key+": "+problem.Rule)
			}
			require.Len(t, problems, len(c.want), "%q", got)
			for _, want := range c.want {
				key, rule, _ := strings.Cut(want, ": ")
				assert.Condition(t, func() bool { return broke(problems, key, rule) }, "%q is not in %q", want, got)
			}
		})
	}
}

func broke(problems []*schemas.FieldError, key, rule string) bool {
	for _, problem := range problems {
		if problem.Key == key && strings.Contains(problem.Rule, rule) {
			return true
		}
	}
	return false
}

func TestAllProblemsAreReportedInStableOrder(t *testing.T) {
	t.Parallel()
	databag := map[string]string{"endpoints": "ftp://u:p@h", "secret-tls": "x", "status": "y"}
	_, first := schemas.DecodeProvider(databag)
	var keys []string
	for _, problem := range schemas.Problems(first) {
		keys = append(keys, problem.Key)
	}
	assert.Equal(t, []string{"endpoints", "endpoints", "secret-tls", "secret-user", "status"}, keys)
	for range 50 {
		_, again := schemas.DecodeProvider(databag)
		require.EqualError(t, again, first.Error())
	}
}

func TestIncompleteIsNotWrong(t *testing.T) {
	t.Parallel()
	_, empty := schemas.DecodeRequirer(nil)
	assert.True(t, schemas.IsMissing(empty))
	assert.True(t, schemas.IsMissing(fmt.Errorf("reading relation 3: %w", empty)))

	_, noCA := schemas.DecodeProvider(map[string]string{"endpoints": "https://a", "secret-user": short})
	assert.True(t, schemas.IsMissing(noCA))

	_, wrong := schemas.DecodeRequirer(map[string]string{"plugin-url": "ftp://a"})
	assert.Error(t, wrong)
	assert.False(t, schemas.IsMissing(wrong), "one wrong key outweighs a missing one")

	assert.False(t, schemas.IsMissing(nil))
	assert.False(t, schemas.IsMissing(errors.New("other")))
}

func TestWhatIsRightIsDecodedBesideWhatIsWrong(t *testing.T) {
	t.Parallel()
	provider, err := schemas.DecodeProvider(map[string]string{
		"endpoints": "http://a:8083", "secret-user": "wrong", "username": "u", "password": "p",
	})
	require.Error(t, err)
	answer := provider.Answers[0]
	assert.Equal(t, []string{"http://a:8083"}, answer.Endpoints)
	assert.True(t, answer.SecretUser.IsZero())
	assert.Equal(t, map[string]string{"username": "u", "password": "p"}, answer.Extra)
}

func TestErrorsAndPrintsNeverShowSecrets(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	requirers := []string{
		"ftp://joe:hunter2@host/p", "http://host:0/p?token=hunter2", "joe:hunter2@host",
		"http://joe:a@hunter2@ho st/", "http://ho st/#hunter2", "http://joe:?hunter2@ho st/",
	}
	for _, url := range requirers {
		requirer, err := schemas.DecodeRequirer(map[string]string{"plugin-url": url})
		require.Error(t, err)
		assert.NotContains(t, err.Error(), secret)
		requirer.Requests[0].PluginURL = url
		assert.NotContains(t, fmt.Sprintf("%v %+v %#v %s", requirer, requirer, requirer, requirer), secret)
	}
	_, err := schemas.DecodeRequirer(map[string]string{
		"version": "v1", "requests": `[{"resource":"ftp://joe:hunter2@h/","salt":{"a":"hunter2"},"request-id":"00000000000000aa"}]`,
	})
	require.Error(t, err)
	assert.NotContains(t, err.Error(), secret)
	provider, err := schemas.DecodeProvider(map[string]string{
		"endpoints": "http://u:hunter2@a,http://v:hunter2@b?hunter2", "secret-user": secret, "secret-tls": secret,
		"password": secret,
	})
	require.Error(t, err)
	assert.NotContains(t, err.Error(), secret)
	assert.Contains(t, err.Error(), "secret-user must be a secret URI")
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v", provider, provider, &provider), secret)
}

func TestLongValuesAreCut(t *testing.T) {
	t.Parallel()
	_, err := schemas.DecodeRequirer(map[string]string{"plugin-url": "x" + strings.Repeat("y", 100_000), "requested-secrets": names})
	require.Error(t, err)
	assert.Less(t, len(err.Error()), 400)
}
