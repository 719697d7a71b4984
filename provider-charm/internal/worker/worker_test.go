package worker_test

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/plugins"
	"connectcharms/provider-charm/internal/worker"
	"connectcharms/requirer-lib/secret"
)

func settings() worker.Settings {
	return worker.Settings{
		KafkaDir: "/k", Dir: "/w", PluginPath: "/p", BootstrapServers: []string{"b1:9092", "b2:9092"},
		Group: "g", ReplicationFactor: -1, Address: "10.0.0.5", Internal: worker.Internal{KeyStore: "/id/key-store.p12", TrustStore: "/id/trust-store.p12", Password: secret.New("sesame")}, HeapMiB: 512,
	}
}

func TestPropertiesOfAWorker(t *testing.T) {
	t.Parallel()
	properties := strings.Split(settings().Properties(), "\n")
	for _, line := range []string{
		"bootstrap.servers=b1:9092,b2:9092",
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
		"heartbeat.interval.ms=500",
		"config.storage.topic=g-configs",
	} {
		assert.Contains(t, properties, line)
	}
}

func TestAValueStaysOnItsLine(t *testing.T) {
	t.Parallel()
	s := settings()
	s.Group = "g\nplugin.path=/etc\\"
	assert.Contains(t, s.Properties(), `group.id=g\nplugin.path=/etc\\`+"\n")
}

func TestAUnitOnLoopbackKeepsToItsOwnAddress(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "127.0.0.1", worker.Loopback("10.0.0.5"))
	assert.Equal(t, "127.0.1.7", worker.Loopback("127.0.1.7"))
	assert.Equal(t, "127.0.0.1", worker.Loopback("fd00::5"))
	assert.Equal(t, "127.0.0.1", worker.Loopback(""))
}

func TestTheFingerprintChangesWithWhatARestartWouldChange(t *testing.T) {
	t.Parallel()
	base := settings().Fingerprint()
	assert.Equal(t, base, settings().Fingerprint())
	for name, change := range map[string]func(*worker.Settings){
		"servers":      func(s *worker.Settings) { s.BootstrapServers = []string{"b1:9092"} },
		"heap":         func(s *worker.Settings) { s.HeapMiB++ },
		"distribution": func(s *worker.Settings) { s.KafkaDir = "/k2" },
		"java":         func(s *worker.Settings) { s.JavaHome = "/j" },
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
	assert.Equal(t, []string{"a_r1_" + model, "xr1_" + model}, deleted)
}

func TestABrokerIsReachedAtAnyOfItsServers(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, worker.ReachBroker(t.Context(), []string{"127.0.0.1:1", address}))
	require.NoError(t, listener.Close())
	err = worker.ReachBroker(t.Context(), []string{address})
	assert.EqualError(t, err, "no Kafka broker answers at "+address)
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
