package probe_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connection"
	"connectcharms/tests/cache"
	"connectcharms/tests/charms"
	"connectcharms/tests/gateway"
	"connectcharms/tests/kafka"
)

const connectPart = connection.PartKafkaConnect

// TestKafkaConnect is of a real worker, bare and behind the charm's gateway.
func TestKafkaConnect(t *testing.T) {
	t.Parallel()
	runtime, err := kafka.Fetch(t.Context(), "", nil)
	require.NoError(t, err)
	broker, err := kafka.StartBroker(t.Context(), runtime, kafka.BrokerOptions{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, broker.Stop()) })
	worker, err := kafka.StartWorker(t.Context(), runtime, broker, kafka.WorkerOptions{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, worker.Stop()) })
	anna := gateway.Account{Username: "anna", Password: "annas-password", Relation: 1}
	gate, err := gateway.Start(t.Context(), program(t), t.TempDir(), gateway.Config{"upstream": worker.URL()}, anna)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, gate.Stop()) })

	bare := connection.Spec{ID: "bare", Type: connection.Direct, KafkaConnect: &connection.KafkaConnectConfig{Endpoints: []string{worker.URL()}}}
	result := ask(t, connectPart, bare, nil)
	require.True(t, result.OK, "%v", result.Errors)
	assert.Equal(t, runtime.Version, result.Details["version"])
	cluster := ask(t, kafkaPart, connection.Spec{ID: "kafka", Type: connection.Direct, KafkaCluster: &connection.KafkaClusterConfig{
		BootstrapServers: broker.Bootstrap(),
	}}, nil)
	assert.Equal(t, map[string]string{"cluster_id": result.Details["kafka_cluster_id"], "brokers": "1"}, cluster.Details)

	is := begin(connection.Spec{ID: "behind", Type: connection.Direct, KafkaConnect: &connection.KafkaConnectConfig{
		Endpoints: []string{"http://" + gate.Status.Listen}, Username: "anna", Password: &connection.Reference{Secret: "password"},
	}})
	is.after(t, connectPart, secrets{"password": "not hers"})
	is.has(t, connectPart, connection.Failed, connection.PhaseAuthenticate, "it answers 401")
	is.after(t, connectPart, secrets{"password": "annas-password"})
	is.has(t, connectPart, connection.Success, "", "")
	assert.Equal(t, &connection.User{Username: "anna"}, is.status.KafkaConnect.User)

	// The account of a relation is gone with it.
	require.NoError(t, gate.Reload(t.Context()))
	is.after(t, connectPart, secrets{"password": "annas-password"})
	is.has(t, connectPart, connection.Expired, connection.PhaseAuthenticate, "it answers 401")
	require.NoError(t, gate.Reload(t.Context(), anna))
	is.after(t, connectPart, secrets{"password": "annas-password"})
	is.has(t, connectPart, connection.Success, "", "")

	require.NoError(t, worker.Pause())
	is.with(askWithin(t, time.Second, connectPart, is.spec, secrets{"password": "annas-password"}))
	is.isLate(t, connectPart)
	require.NoError(t, worker.Resume())
	require.NoError(t, worker.Stop())
	is.after(t, connectPart, secrets{"password": "annas-password"})
	is.has(t, connectPart, connection.Failed, connection.PhaseRequest, "it answers 50")
	require.True(t, is.status.KafkaConnect.Errors[connection.PhaseRequest].IsTransient)
	is.spec = bare
	is.after(t, connectPart, nil)
	is.has(t, connectPart, connection.Failed, connection.PhaseConnect, "nothing listens there: the connection was refused")
}

// program is the charm's, built.
func program(t *testing.T) string {
	t.Helper()
	kept, err := cache.Dir()
	require.NoError(t, err)
	built, err := charms.Build(t.Context(), filepath.Join(kept, "charms"))
	require.NoError(t, err)
	return filepath.Join(built.KafkaConnect, "bin", "kafka-connect")
}
