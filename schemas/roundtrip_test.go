package schemas_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/schemas"
)

// What a Go value says survives the databag, for values drawn at random.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	const seed = 20260713
	draw := rand.New(rand.NewPCG(seed, seed))
	for i := range 500 {
		requirer := drawRequirer(draw)
		require.NoError(t, requirer.Validate(), "draw %d of seed %d", i, seed)
		gotRequirer, err := schemas.DecodeRequirer(requirer.Encode())
		require.NoError(t, err)
		require.Equal(t, requirer, gotRequirer)

		provider := drawProvider(draw)
		require.NoError(t, provider.Validate(), "draw %d of seed %d", i, seed)
		gotProvider, err := schemas.DecodeProvider(provider.Encode())
		require.NoError(t, err)
		require.Equal(t, provider, gotProvider)
	}
}

func drawRequirer(draw *rand.Rand) schemas.Requirer {
	if draw.IntN(2) == 0 {
		request := drawRequest(draw)
		request.RequestedSecrets = append([]string{"username", "password"}, fmt.Sprintf("key-%d-x", draw.IntN(100)))
		request.Extra = drawExtra(draw)
		return schemas.Requirer{Version: schemas.V0, Requests: []schemas.Request{request}, ConnectorSecrets: drawSecret(draw)}
	}
	requirer := schemas.Requirer{Version: schemas.V1, Extra: drawExtra(draw), ConnectorSecrets: drawSecret(draw)}
	for i := range draw.IntN(4) {
		request := drawRequest(draw)
		request.RequestedSecrets = []string{"username", "password", "tls", "tls-ca"}
		request.Salt = fmt.Sprintf("salt ü %d", i)
		request.ID = schemas.RequestID(request.PluginURL, request.Salt)
		requirer.Requests = append(requirer.Requests, request)
	}
	return requirer
}

func drawRequest(draw *rand.Rand) schemas.Request {
	return schemas.Request{
		PluginURL:    pick(draw, schemas.NotRequired, "http://h/p", "https://u:p@[::1]:9/p%20?q=a,b#f"),
		PluginSHA256: pick(draw, "", fmt.Sprintf("%064x", draw.Uint64())),
	}
}

func drawProvider(draw *rand.Rand) schemas.Provider {
	provider := schemas.Provider{
		Version: schemas.V0, Status: drawStatus(draw), Connections: pick(draw, "", kafka),
		SecretsPlace: pick(draw, schemas.SecretsPlace{}, schemas.SecretsPlace{Provider: "p", Path: "/a/b"}),
	}
	if draw.IntN(2) == 0 {
		answer := drawAnswer(draw)
		answer.Extra = drawExtra(draw)
		provider.Answers = []schemas.Answer{answer}
		return provider
	}
	provider.Version, provider.Told, provider.Extra = schemas.V1, drawStatus(draw), drawExtra(draw)
	delete(provider.Extra, "data") // v1 names it
	if len(provider.Extra) == 0 {
		provider.Extra = nil
	}
	for i := range draw.IntN(4) {
		answer := drawAnswer(draw)
		answer.RequestID, answer.Resource, answer.Salt = fmt.Sprintf("%016x", i), schemas.NotRequired, "salt"
		provider.Answers = append(provider.Answers, answer)
	}
	return provider
}

func drawAnswer(draw *rand.Rand) schemas.Answer {
	scheme := pick(draw, "http", "https")
	answer := schemas.Answer{SecretUser: drawSecret(draw), SecretTLS: drawSecret(draw)}
	for i := range 1 + draw.IntN(4) {
		answer.Endpoints = append(answer.Endpoints, fmt.Sprintf("%s://10.0.0.%d:%d", scheme, i, 1+draw.IntN(65535)))
	}
	return answer
}

// drawStatus has each code once, in the order of their texts: in data, they are keys.
func drawStatus(draw *rand.Rand) []schemas.StatusEntry {
	var entries []schemas.StatusEntry
	for i := range draw.IntN(3) {
		entries = append(entries, schemas.StatusEntry{
			Code: 1000*(i+1) + draw.IntN(1000), Message: pick(draw, "", "a\"b\n<ü>", "\x00"), Resolution: pick(draw, "", "do"),
		})
	}
	return entries
}

func drawSecret(draw *rand.Rand) schemas.SecretURI {
	const digits = "0123456789abcdefghijklmnopqrstuv"
	id := make([]byte, 20)
	for i := range id {
		id[i] = digits[draw.IntN(len(digits))]
	}
	return schemas.SecretURI{ModelUUID: pick(draw, "", "59060ecc-0495-4a80-8006-5f1fc13fd783"), ID: string(id)}
}

func drawExtra(draw *rand.Rand) map[string]string {
	if draw.IntN(2) == 0 {
		return nil
	}
	return map[string]string{"data": "{}", fmt.Sprintf("k%d", draw.IntN(9)): pick(draw, "a", "\xff", "ü\n")}
}

func pick[T any](draw *rand.Rand, choices ...T) T { return choices[draw.IntN(len(choices))] }

func TestSecretURIForms(t *testing.T) {
	t.Parallel()
	for _, text := range []string{short, longUser} {
		uri, err := schemas.ParseSecretURI(text)
		require.NoError(t, err)
		assert.Equal(t, text, uri.String())
	}
	uri, err := schemas.ParseSecretURI(short)
	require.NoError(t, err)
	assert.Equal(t, longUser, uri.Full("59060ecc-0495-4a80-8006-5f1fc13fd783"))
	long, err := schemas.ParseSecretURI(longUser)
	require.NoError(t, err)
	assert.Equal(t, longUser, long.Full("another"), "a URI keeps its own model")
	assert.Empty(t, schemas.SecretURI{}.String())
	assert.True(t, schemas.SecretURI{}.IsZero())

	_, err = schemas.ParseSecretURI("hunter2")
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "hunter2")
}

// A databag that decodes without an error encodes to one that says the same;
// one that does not names at least one key. No input panics.
func FuzzDecode(f *testing.F) {
	for _, c := range badRequirers {
		f.Add(c.key, c.value, names)
	}
	for _, c := range badProviders {
		f.Add(c.key, c.value, `[{"code":1,"message":"m"}]`)
	}
	for _, c := range badLists {
		f.Add("version", "v1", c.list)
	}
	f.Fuzz(func(t *testing.T, key, value, text string) {
		for _, databag := range []map[string]string{
			{"plugin-url": schemas.NotRequired, "requested-secrets": text, key: value},
			{"version": "v1", "requests": text, key: value},
		} {
			requirer, err := schemas.DecodeRequirer(databag)
			if err != nil {
				require.NotEmpty(t, schemas.Problems(err))
				continue
			}
			again, err := schemas.DecodeRequirer(requirer.Encode())
			require.NoError(t, err)
			require.Equal(t, requirer, again)
		}
		if unit, err := schemas.DecodeProviderUnit(map[string]string{"connector-secrets": text, key: value}); err == nil {
			again, err := schemas.DecodeProviderUnit(unit.Encode())
			require.NoError(t, err)
			require.Equal(t, unit, again)
		}
		for _, databag := range []map[string]string{
			{"endpoints": "http://h", "secret-user": short, "status": text, key: value},
			{"version": "v1", "requests": text, "data": value, key: value},
		} {
			provider, err := schemas.DecodeProvider(databag)
			if err != nil {
				require.NotEmpty(t, schemas.Problems(err))
				continue
			}
			again, err := schemas.DecodeProvider(provider.Encode())
			require.NoError(t, err)
			if provider.Version == schemas.V0 {
				require.Equal(t, provider, again)
			}
		}
	})
}
