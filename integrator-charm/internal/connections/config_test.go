package connections_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"connectcharms/integrator-charm/internal/connections"
	"connectcharms/requirer-lib/connection"
)

func decode(t *testing.T, text string) (connections.Config, error) {
	t.Helper()
	var node yaml.Node
	require.NoError(t, yaml.Load([]byte(text), &node))
	return connections.Decode(*node.Content[0], "/etc/manager")
}

func TestTheSectionIsReadAsTheAPIReadsSpecs(t *testing.T) {
	t.Parallel()
	config, err := decode(t, `
interval: 30s
legacy-authentication: false
secrets-dir: secrets
told-file: /run/told.json
specs:
- id: orders
  type: DIRECT
  kafka_cluster:
    bootstrap_servers: broker:9093
    credentials: {type: SCRAM-SHA-512, username: manager, password: {env: KAFKA_PASSWORD}}
    tls: {}
`)
	require.NoError(t, err)
	assert.Equal(t, connections.Config{
		Interval: 30 * time.Second, SecretsDir: "/etc/manager/secrets", ToldFile: "/run/told.json",
		Specs: []connection.Spec{{ID: "orders", Type: connection.Direct, KafkaCluster: &connection.KafkaClusterConfig{
			BootstrapServers: "broker:9093", TLS: &connection.TLS{},
			Credentials: &connection.Credentials{Type: connection.ScramSHA512, Username: "manager", Password: &connection.Reference{Env: "KAFKA_PASSWORD"}},
		}}},
	}, config)
	none, err := connections.Decode(yaml.Node{}, "/")
	require.NoError(t, err)
	assert.Equal(t, connections.Config{Interval: time.Minute, Legacy: true}, none)
}

func TestAllThatIsWrongWithTheSectionIsTold(t *testing.T) {
	t.Parallel()
	_, err := decode(t, `
interval: 1s
specs:
- {id: a, type: LOCAL, local_config: {}}
- {id: a, type: DIRECT, schema_registry: {uri: "https://u:hunter2@a"}}
- {id: b, type: DIRECT, kafka_cluster: {bootstrap_servers: 9092, password: hunter2}}
`)
	require.EqualError(t, err, strings.TrimSpace(`
connections: interval: want 3s or more
line 5: schema_registry.uri must be a URL such as https://host:8081, without user, password, query and fragment
line 6: kafka_cluster.bootstrap_servers must be a text
kafka_cluster.password is not a field of a connection
`))
	_, err = decode(t, "specs:\n- {id: a, type: LOCAL, local_config: {}}\n- {id: a, type: LOCAL, local_config: {}}\n")
	require.EqualError(t, err, `connections: two connections have the id "a"`)
	for _, text := range []string{"intervall: 1m", "specs: {}", "interval: 1m\ninterval: 1m", "specs: [1]", "specs: [{? [a] : b}]"} {
		_, err := decode(t, text)
		require.Error(t, err, text)
	}
}

const toldText = `{"kafka-of-connect": {"name": "Kafka of connect", "context": "main",
  "kafka_cluster": {"state": "FAILED", "errors": {"connect": {"message": "no broker answers", "is_transient": true}}, "last_transition_time": "2026-11-23T08:00:00Z", "observed_generation": 1}}}`

func TestWhatAnotherCharmTellsIsShownAsItIsTold(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "told.json")
	d := begin(t, newMemory())
	write := func(text string) {
		t.Helper()
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		d.Configure(connections.Config{Interval: time.Minute, ToldFile: path}, nil)
	}
	d.Configure(connections.Config{Interval: time.Minute, ToldFile: path}, nil)
	assert.Empty(t, ids(d), "there is no file yet")
	write(toldText)
	assert.Equal(t, []string{"kafka-of-connect CHARM"}, ids(d))
	assert.Equal(t, map[string][]string{"kafka-of-connect": {"kafka_cluster is FAILED: connect: no broker answers"}}, d.Troubles("main", nil))
	resource, err := d.Probe(t.Context(), "kafka-of-connect")
	require.NoError(t, err, "there is nothing to ask")
	assert.Equal(t, connection.Failed, resource.Status.KafkaCluster.State)
	require.ErrorIs(t, d.Delete(t.Context(), "kafka-of-connect", "", "ada"), connections.ErrFixed)

	watched := d.Subscribe()
	defer watched.Close()
	watched.Take()
	write(toldText)
	assert.Empty(t, watched.Take(), "it is told again, and no news")
	for _, broken := range []string{"{", "[]", strings.Replace(toldText, "FAILED", "BROKEN", 1), strings.Replace(toldText, "kafka-of-connect", strings.Repeat("k", 65), 1)} {
		write(broken)
		assert.Equal(t, []string{"kafka-of-connect CHARM"}, ids(d), "what cannot be read leaves what was told")
	}
	write(strings.Replace(toldText, "FAILED", "SUCCESS", 1))
	assert.Equal(t, map[string]connection.State{"kafka-of-connect": connection.Success}, states(watched.Take()))
	write("{}")
	assert.Equal(t, map[string]connection.State{"kafka-of-connect": ""}, states(watched.Take()))
}
