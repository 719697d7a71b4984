package schemas_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/schemas"
)

// badLists are requests of v1 with the one thing each that is to be reported.
var badLists = []struct {
	name, list string
	want       string // "key: part of the rule"
	right      int    // requests without a problem of their own
}{
	{"not a list", `{"resource":"NOT-REQUIRED"}`, "requests: JSON array", 0},
	{"broken off", `[{"resource":"NOT-REQ`, "requests: JSON array", 0},
	{"of texts", `["NOT-REQUIRED"]`, "requests: must hold objects", 0},
	{"too many", "[" + strings.Repeat(`{},`, 32) + "{}]", "requests: 32 requests at most", 0},
	{"no resource", `[{"salt":"a"},{"resource":"NOT-REQUIRED"}]`, "requests[0].resource: must be set", 1},
	{"resource null", `[{"resource":null}]`, "requests[0].resource: must be set", 0},
	{"resource a number", `[{"resource":"NOT-REQUIRED"},{"resource":5}]`, "requests[1].resource: must begin with http", 1},
	{"resource of another scheme", `[{"resource":"ftp://a"}]`, "requests[0].resource: must begin with http", 0},
	{"id that is a path", `[{"resource":"NOT-REQUIRED","request-id":"../a"}]`, "requests[0].request-id: 16 hexadecimal", 0},
	{"digest in capitals", `[{"resource":"http://a","plugin-sha256":"` + strings.Repeat("A", 64) + `"}]`, "requests[0].plugin-sha256: 64 lower-case", 0},
	{"long salt", `[{"resource":"http://a","salt":"` + strings.Repeat("a", 257) + `"}]`, "requests[0].salt: 256 characters", 0},
	{"two of one id", `[{"resource":"http://a","request-id":"0123456789abcdef"},{"resource":"http://b","request-id":"0123456789abcdef"}]`, "requests[1].request-id: that of another", 1},
}

// One wrong request leaves the others as they are.
func TestBadRequestsOfV1AreNamedByPlaceKeyAndRule(t *testing.T) {
	t.Parallel()
	for _, c := range badLists {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			requirer, err := schemas.DecodeRequirer(map[string]string{"version": "v1", "requests": c.list})
			problems := schemas.Problems(err)
			require.Len(t, problems, 1, "%v", err)
			key, rule, _ := strings.Cut(c.want, ": ")
			assert.Equal(t, key, problems[0].Key)
			assert.Contains(t, problems[0].Rule, rule)
			right := 0
			for _, request := range requirer.Requests {
				if request.Problem == nil {
					right++
				}
			}
			assert.Equal(t, c.right, right)
		})
	}
}

// What dpcharmlibs-interfaces writes.
func TestV1TakesWhatPeersWrite(t *testing.T) {
	t.Parallel()
	requirer, err := schemas.DecodeRequirer(map[string]string{
		"version": "v1",
		"requests": `[{"resource": "http://a/p", "request-id": "0123456789abcdef", "salt": "aB3", "external-node-connectivity": false,` +
			` "extra-user-roles": null, "entity-permissions": [{"a": 1}]}]`,
	})
	require.NoError(t, err)
	assert.Equal(t, schemas.Requirer{Version: schemas.V1, Requests: []schemas.Request{{
		ID: "0123456789abcdef", Salt: "aB3", PluginURL: "http://a/p",
		RequestedSecrets: []string{"username", "password", "tls", "tls-ca"},
		Extra:            map[string]string{"external-node-connectivity": "false", "entity-permissions": `[{"a":1}]`},
	}}}, requirer)

	provider, err := schemas.DecodeProvider(map[string]string{
		"version": "v1", "data": `{"0123456789abcdef": {"resource": "x"}, "status": {"4001": {"code": 4001, "message": "m", "resolution": ""}}}`,
		"requests": `[{"resource": "http://a/p", "request-id": "0123456789abcdef", "salt": "aB3", "endpoints": "http://a:8083", "secret-user": "` + short + `", "tls": false}]`,
	})
	require.NoError(t, err)
	require.Len(t, provider.Answers, 1)
	assert.Equal(t, []string{"http://a:8083"}, provider.Answers[0].Endpoints)
	assert.Equal(t, map[string]string{"tls": "false"}, provider.Answers[0].Extra)
	assert.Equal(t, []schemas.StatusEntry{{Code: 4001, Message: "m"}}, provider.Told)
}

func TestARequestWithoutIDHasThatOfItsResourceAndSalt(t *testing.T) {
	t.Parallel()
	requirer, err := schemas.DecodeRequirer(map[string]string{"version": "v1", "requests": `[{"resource":"NOT-REQUIRED","salt":"s"}]`})
	require.NoError(t, err)
	// printf NOT-REQUIRED:s | sha256sum
	assert.Equal(t, "c1584ae516e3a390", requirer.Requests[0].ID)
}

// The version decides, whatever keys of the other one are left.
func TestTheVersionTellsWhichKeysCount(t *testing.T) {
	t.Parallel()
	both := map[string]string{"plugin-url": "http://old", "requested-secrets": names, "requests": `[{"resource":"http://new"}]`}
	for version, url := range map[string]string{"v0": "http://old", "v1": "http://new"} {
		both["version"] = version
		requirer, err := schemas.DecodeRequirer(both)
		require.NoError(t, err)
		require.Len(t, requirer.Requests, 1)
		assert.Equal(t, url, requirer.Requests[0].PluginURL)
	}
	both["version"] = "v2"
	_, err := schemas.DecodeRequirer(both)
	require.EqualError(t, err, `requirer databag: version must be v1, it is "v2"`)
}

func TestV1IncompleteIsNotWrong(t *testing.T) {
	t.Parallel()
	_, err := schemas.DecodeRequirer(map[string]string{"version": "v1"})
	assert.True(t, schemas.IsMissing(err))
	provider, err := schemas.DecodeProvider(map[string]string{"version": "v1", "data": "{}", "requests": `[{"request-id":"0123456789abcdef"}]`})
	assert.True(t, schemas.IsMissing(err), err)
	assert.Len(t, schemas.Problems(provider.Answers[0].Problem), 2, "endpoints and secret-user")
}

func TestPrintsOfV1NeverShowSecrets(t *testing.T) {
	t.Parallel()
	requirer := schemas.Requirer{Version: schemas.V1, Requests: []schemas.Request{{PluginURL: "http://u:hunter2@h/?hunter2"}}}
	provider := schemas.Provider{Version: schemas.V1, Answers: []schemas.Answer{{
		Resource: "http://u:hunter2@h", Extra: map[string]string{"password": "hunter2"},
	}}}
	for _, value := range []any{requirer, &requirer, provider, &provider, requirer.Requests, provider.Answers} {
		assert.NotContains(t, fmt.Sprintf("%v %+v %#v", value, value, value), "hunter2")
	}
}
