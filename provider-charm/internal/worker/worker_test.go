package worker_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/brokers"
	"connectcharms/provider-charm/internal/plugins"
	"connectcharms/provider-charm/internal/properties"
	"connectcharms/provider-charm/internal/worker"
	"connectcharms/requirer-lib/secret"
)

func settings() worker.Settings {
	return worker.Settings{
		KafkaDir: "/k", Dir: "/w", PluginPath: "/p", Kafka: brokers.Access{Servers: []string{"b1:9092", "b2:9092"}},
		Group: "g", Topics: worker.TopicsOf("g"), ReplicationFactor: -1, ExactlyOnce: worker.AtLeastOnce, OverridePolicy: "All",
		Converters: worker.Converters{Key: "k", Value: "v"}, Address: "10.0.0.5", HeapMiB: 512,
		Internal: worker.Internal{KeyStore: "/id/key-store.p12", TrustStore: "/id/trust-store.p12", Password: secret.New("sesame")},
	}
}

func TestPropertiesOfAWorker(t *testing.T) {
	t.Parallel()
	properties := strings.Split(settings().Properties(), "\n")
	for _, line := range []string{
		"bootstrap.servers=b1:9092,b2:9092",
		"producer.security.protocol=PLAINTEXT",
		"listeners=http://127.0.0.1:8084",
		"rest.advertised.host.name=10.0.0.5",
		"rest.advertised.listener=https",
		"rest.advertised.port=8085",
		"listeners.https.ssl.keystore.location=/id/key-store.p12",
		"listeners.https.ssl.truststore.location=/id/trust-store.p12",
		"listeners.https.ssl.keystore.password=sesame",
		"listeners.https.ssl.endpoint.identification.algorithm=",
		"plugin.discovery=service_load",
		"scheduled.rebalance.max.delay.ms=0",
		"heartbeat.interval.ms=200",
		"fetch.max.wait.ms=100",
		"config.storage.topic=g-configs",
		"offset.storage.topic=g-offsets",
		"status.storage.topic=g-status",
		"status.storage.replication.factor=-1",
		"exactly.once.source.support=disabled",
		"connector.client.config.override.policy=All",
		"key.converter=k",
		"value.converter=v",
	} {
		assert.Contains(t, properties, line)
	}
}

func TestAnOperatorAddsPropertiesAndChangesWhatIsOpen(t *testing.T) {
	t.Parallel()
	s := settings()
	s.Extra = map[string]string{"offset.storage.partitions": "5", "config.storage.replication.factor": "3", "value.converter.schemas.enable": "false"}
	require.NoError(t, worker.CheckExtra(s.Extra))
	written := strings.Split(s.Properties(), "\n")
	for _, line := range []string{"offset.storage.partitions=5", "config.storage.replication.factor=3", "value.converter.schemas.enable=false"} {
		assert.Contains(t, written, line)
	}
}

// TestWhatTheCharmSetsIsProtected goes through all that the charm writes, so that no later property is forgotten.
func TestWhatTheCharmSetsIsProtected(t *testing.T) {
	t.Parallel()
	s := settings()
	s.Kafka = brokers.Access{Servers: []string{"b:1"}, TLS: true, CA: "x", Mechanism: brokers.SCRAM512, Username: "u", Password: secret.New("p")}
	written, err := properties.Parse(s.Properties())
	require.NoError(t, err)
	for key := range written {
		if strings.HasSuffix(key, ".replication.factor") || key == "config.providers" {
			continue
		}
		assert.ErrorContains(t, worker.CheckExtra(map[string]string{key: "x"}), key+" cannot be set: ")
	}
	for _, key := range []string{"rest.extension.classes", "ssl.keystore.location", "admin.listeners", "listeners.https.ssl.keystore.type", "consumer.sasl.login.class", "producer.bootstrap.servers"} {
		assert.Error(t, worker.CheckExtra(map[string]string{key: "x"}), key)
	}
	for _, key := range []string{"producer.acks", "consumer.heartbeat.interval.ms", "offset.flush.interval.ms", "config.providers.file.class", "key.converter.schemas.enable", "consumer.group.instance.id"} {
		assert.NoError(t, worker.CheckExtra(map[string]string{key: "x"}), key)
	}
}

func TestTheCharmsConfigProviderStandsBesideThoseOfAnOperator(t *testing.T) {
	t.Parallel()
	for extra, list := range map[string]string{"": "connector-secrets", " file ,, vault ": "file,vault,connector-secrets"} {
		s := settings()
		if extra != "" {
			s.Extra = map[string]string{"config.providers": extra, "config.providers.file.class": "F"}
			require.NoError(t, worker.CheckExtra(s.Extra))
		}
		written, err := properties.Parse(s.Properties())
		require.NoError(t, err)
		assert.Equal(t, list, written["config.providers"])
		assert.Equal(t, "org.apache.kafka.common.config.provider.DirectoryConfigProvider", written["config.providers.connector-secrets.class"])
		assert.Equal(t, "/proc/self/cwd/secrets", written["config.providers.connector-secrets.param.allowed.paths"], "below where the worker runs")
		assert.Equal(t, "/w", s.Service().WorkingDir)
		assert.Equal(t, s.Extra["config.providers.file.class"], written["config.providers.file.class"])
	}
	for _, clash := range []map[string]string{
		{"config.providers": "file, connector-secrets"},
		{"config.providers.connector-secrets.class": "x"},
		{"config.providers.connector-secrets.param.allowed.paths": "/"},
	} {
		assert.ErrorContains(t, worker.CheckExtra(clash), "choose another name")
	}
}

func TestAUnitOnLoopbackKeepsToItsOwnAddress(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "127.0.0.1", worker.Loopback("10.0.0.5"))
	assert.Equal(t, "127.0.1.7", worker.Loopback("127.0.1.7"))
	assert.Equal(t, "127.0.0.1", worker.Loopback("fd00::5"))
	assert.Equal(t, "127.0.0.1", worker.Loopback(""))
}

func TestNoConfigurationReachesBeyondItsConnector(t *testing.T) {
	t.Parallel()
	s := settings()
	for _, agent := range []string{"", "-javaagent:/a.jar"} {
		s.JVMOption = agent
		options := strings.Fields(s.Service().Environment["KAFKA_OPTS"])
		assert.Contains(t, options, "-Dorg.apache.kafka.automatic.config.providers=none")
		assert.Contains(t, options, "-Dorg.apache.kafka.disallowed.login.modules=com.sun.security.auth.module.JndiLoginModule,com.sun.security.auth.module.LdapLoginModule")
		assert.Equal(t, agent != "", slices.Contains(options, agent))
	}
}

func TestTheFingerprintChangesWithWhatARestartWouldChange(t *testing.T) {
	t.Parallel()
	base := settings().Fingerprint()
	assert.Equal(t, base, settings().Fingerprint())
	for name, change := range map[string]func(*worker.Settings){
		"servers": func(s *worker.Settings) { s.Kafka.Servers = []string{"b1:9092"} },
		"password": func(s *worker.Settings) {
			s.Kafka.Mechanism, s.Kafka.Username, s.Kafka.Password = brokers.SCRAM512, "u", secret.New("p")
		},
		"extra":        func(s *worker.Settings) { s.Extra = map[string]string{"producer.acks": "1"} },
		"heap":         func(s *worker.Settings) { s.HeapMiB++ },
		"distribution": func(s *worker.Settings) { s.KafkaDir = "/k2" },
		"java":         func(s *worker.Settings) { s.JavaHome = "/j" },
		"an agent":     func(s *worker.Settings) { s.JVMOption = "-javaagent:/a.jar" },
	} {
		s := settings()
		change(&s)
		assert.NotEqual(t, base, s.Fingerprint(), name)
	}
}

func TestWhatTheWorkerWasStartedWithIsRemembered(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	none, err := worker.ReadStarted(dir)
	require.NoError(t, err)
	assert.Zero(t, none)
	want := worker.Started{Settings: "s", Plugins: []plugins.Digest{"a", "b"}}
	require.NoError(t, want.Write(dir))
	got, err := worker.ReadStarted(dir)
	require.NoError(t, err)
	assert.Equal(t, want, got)
}

func TestOnlyConnectorsWithTheMarkOfTheRelationAreDeleted(t *testing.T) {
	t.Parallel()
	const model = "59060ecc04954a8080065f1fc13fd783"
	names := []string{"a_r1_" + model, "a_r10_" + model, "a_r1_r10_" + model, "a_r1_x", "r1_" + model, "plain", "b_r11_" + model, "xr1_" + model}
	var mu sync.Mutex
	var deleted []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete {
			mu.Lock()
			defer mu.Unlock()
			deleted = append(deleted, strings.TrimPrefix(r.URL.Path, "/connectors/"))
			w.WriteHeader(http.StatusNoContent)
			return
		}
		_ = json.NewEncoder(w).Encode(names)
	}))
	defer server.Close()
	rest, err := worker.NewREST(server.URL, "", secret.Value{})
	require.NoError(t, err)
	require.NoError(t, rest.DeleteConnectors(t.Context(), 1))
	assert.ElementsMatch(t, []string{"a_r1_" + model, "xr1_" + model}, deleted)
}

func TestTheRootsLevelIsKnownWhereTheListLeavesItOut(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answers := map[string]string{
			"/admin/loggers":      `{"org.apache.kafka":{"level":"INFO","last_modified":1}}`,
			"/admin/loggers/root": `{"level":"WARN","last_modified":null}`,
		}
		_, _ = w.Write([]byte(answers[r.URL.Path]))
	}))
	defer server.Close()
	rest, err := worker.NewREST(server.URL, "", secret.Value{})
	require.NoError(t, err)
	levels, err := rest.Levels(t.Context())
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"org.apache.kafka": "INFO", worker.RootLogger: "WARN"}, levels)
}

func TestTheReasonOfADeathIsTheLastErrorInTheLog(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "ConfigException: Missing required configuration \"group.id\"", worker.ReasonIn([]string{
		"[x] ERROR old java.net.SocketException: reset",
		"[x] ERROR Stopping due to error (org.apache.kafka.connect.cli.ConnectDistributed)",
		"org.apache.kafka.common.config.ConfigException: Missing required configuration \"group.id\"",
		"\tat org.apache.kafka.Foo(Foo.java:1)",
	}))
	assert.Empty(t, worker.ReasonIn([]string{"all is well"}))
}
