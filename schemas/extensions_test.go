package schemas_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/schemas"
)

const (
	place = `{"provider":"connector-secrets","path":"/proc/self/cwd/secrets/relation-7"}`
	kafka = `{"kafka_cluster":{"state":"SUCCESS","last_transition_time":"2026-11-23T08:00:00Z"}}`
)

func TestConnectorSecretsAreOfTheRelationInEitherVersion(t *testing.T) {
	t.Parallel()
	for version, bag := range map[schemas.Version]map[string]string{
		schemas.V0: {"plugin-url": "NOT-REQUIRED", "requested-secrets": names, "connector-secrets": longUser},
		schemas.V1: {"version": "v1", "requests": `[{"resource":"NOT-REQUIRED"}]`, "connector-secrets": longUser},
	} {
		requirer, err := schemas.DecodeRequirer(bag)
		require.NoError(t, err)
		assert.Equal(t, version, requirer.Version)
		assert.Equal(t, longUser, requirer.ConnectorSecrets.String())
		assert.Empty(t, requirer.Requests[0].Extra)
		assert.Equal(t, longUser, requirer.Encode()["connector-secrets"])
	}
}

func TestAWrongExtensionIsNoFaultOfRequestsOrAnswers(t *testing.T) {
	t.Parallel()
	requirer, err := schemas.DecodeRequirer(map[string]string{
		"plugin-url": "NOT-REQUIRED", "requested-secrets": names, "connector-secrets": "hunter2",
	})
	require.ErrorContains(t, err, "connector-secrets must be a secret URI")
	assert.NotContains(t, err.Error(), "hunter2")
	assert.True(t, requirer.ConnectorSecrets.IsZero())
	require.NoError(t, requirer.Requests[0].Problem)

	provider, err := schemas.DecodeProvider(map[string]string{
		"endpoints": "http://a:8083", "secret-user": short, "connector-secrets": "[]", "connections": `{"kafka_cluster":{}}`,
	})
	require.Error(t, err)
	assert.Len(t, schemas.Problems(err), 2)
	require.NoError(t, provider.Answers[0].Problem)
	assert.True(t, provider.SecretsPlace.IsZero())
	assert.Empty(t, provider.Connections)
}

func TestAProviderSaysWhereSecretsAreAndHowItsConnectionsAre(t *testing.T) {
	t.Parallel()
	for _, bag := range []map[string]string{
		{"endpoints": "http://a:8083", "secret-user": short, "connector-secrets": place, "connections": kafka},
		{"version": "v1", "requests": `[]`, "data": "{}", "connector-secrets": place, "connections": kafka},
	} {
		provider, err := schemas.DecodeProvider(bag)
		require.NoError(t, err)
		assert.Equal(t, "${connector-secrets:/proc/self/cwd/secrets/relation-7:token.v3}", provider.SecretsPlace.Reference("token.v3"))
		assert.Equal(t, kafka, provider.Connections)
		assert.Equal(t, bag, provider.Encode())
	}
}

func TestOnlyWhatTheSchemaHasReadIsTaken(t *testing.T) {
	t.Parallel()
	provider, err := schemas.DecodeProvider(map[string]string{
		"endpoints": "http://a:8083", "secret-user": short, "connector-secrets": `{"provider":"p","path":"/a","PATH":"/b}","Provider":"${"}`,
	})
	require.NoError(t, err)
	assert.Equal(t, schemas.SecretsPlace{Provider: "p", Path: "/a"}, provider.SecretsPlace)
}

func TestAUnitSaysWhichVersionItHas(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"": 0, `{"version":3}`: 3, `{"version":3.0}`: 3, `{"version":9007199254740991}`: 9007199254740991} {
		unit, err := schemas.DecodeProviderUnit(map[string]string{"connector-secrets": text, "data": "{}"})
		require.NoError(t, err, text)
		assert.Equal(t, want, unit.SecretsVersion, text)
	}
	for _, text := range []string{"3", "{}", `{"version":"3"}`, `{"version":-1}`, `{"version":1.5}`, `{"version":1e300}`, `{"version":1e9999999}`, "hunter2"} {
		unit, err := schemas.DecodeProviderUnit(map[string]string{"connector-secrets": text})
		require.Error(t, err, text)
		assert.Zero(t, unit, text)
	}
	assert.Equal(t, map[string]string{"connector-secrets": `{"version":3}`}, schemas.ProviderUnit{SecretsVersion: 3}.Encode())
	assert.Empty(t, schemas.ProviderUnit{}.Encode())
}
