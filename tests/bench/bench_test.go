package bench_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connecttest"
	"connectcharms/tests/bench"
	"connectcharms/tests/cache"
	"connectcharms/tests/charms"
	"connectcharms/tests/kafka"
)

// TestTheComparisonRuns is short: what it measures here means nothing.
func TestTheComparisonRuns(t *testing.T) {
	t.Parallel()
	kept, err := cache.Dir()
	require.NoError(t, err)
	built, err := charms.Build(t.Context(), filepath.Join(kept, "charms"))
	require.NoError(t, err)
	tiny, end, err := bench.TinyUpstream(t.Context())
	require.NoError(t, err)
	defer end()
	for _, withTLS := range []bool{false, true} {
		var out strings.Builder
		require.NoError(t, bench.Compare(t.Context(), &out, tiny, withTLS, bench.Options{
			Program: filepath.Join(built.KafkaConnect, "bin", "kafka-connect"), Connections: 2, For: 50 * time.Millisecond, Rounds: 1, OnlyCheap: true,
		}))
		t.Log(out.String())
		assert.Contains(t, out.String(), "\n| gateway | ")
		if !strings.Contains(out.String(), bench.ErrNoNginx.Error()) {
			assert.Contains(t, out.String(), "\n| nginx, SHA-1, 1 round | ")
		}
	}
}

// TestClientsAreCompared is short, too.
func TestClientsAreCompared(t *testing.T) {
	t.Parallel()
	runtime, err := kafka.Fetch(t.Context(), kafka.DefaultVersion, os.Stderr)
	require.NoError(t, err)
	broker, err := kafka.StartBroker(t.Context(), runtime, kafka.BrokerOptions{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, broker.Stop()) })
	var workers []string
	for range 2 {
		worker, err := kafka.StartWorker(t.Context(), runtime, broker, kafka.WorkerOptions{Dir: t.TempDir(), PluginPath: runtime.PluginPath})
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, worker.Stop()) })
		workers = append(workers, worker.URL())
	}
	var out strings.Builder
	require.NoError(t, bench.CompareClients(t.Context(), &out, workers, 2))
	t.Log(out.String())
	assert.Equal(t, 2, strings.Count(out.String(), "\n| one by one"))
	assert.Contains(t, out.String(), "\n| requirer-lib/connect")
}

func TestTheComparisonsOfSyncsRun(t *testing.T) {
	t.Parallel()
	server := connecttest.NewServer()
	t.Cleanup(server.Close)
	var out strings.Builder
	measure := bench.Sync{Out: &out, Rounds: 2, Config: connect.Settings{
		"connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector",
	}}
	require.NoError(t, measure.Changes(t.Context(), server.URL(), 3, connect.Stopped))
	assert.Empty(t, server.Connectors(), "it tidies up")
	assert.Len(t, server.TakeWrites(), 2*2*3*3, "each of two creates, changes and deletes all, in two rounds")
	require.NoError(t, measure.Refused(t.Context(), server.URL(), 3, time.Millisecond))
	server.TakeWrites()
	require.NoError(t, measure.NoOp(t.Context(), server.URL(), 3))
	assert.Empty(t, server.TakeWrites())
	program, err := bench.BuildProgram(t.Context(), t.TempDir())
	require.NoError(t, err)
	measure.Program = &program
	require.NoError(t, measure.Memory(t.Context(), server.URL(), 3))
	assert.Empty(t, server.TakeWrites(), "the program finds all as it is to be")
	require.NoError(t, measure.Killed(t.Context(), []string{server.URL()}, 4, "nobody is killed", func() error { return nil }))
	for _, row := range []string{
		"| bare requests | ", "| ratio of the medians | ", "| ratio of the shortest | ", "| package connectors | 3 | 0 | ", "| package connectors | 1 | 0 | ",
		"| connect-manager sync | ", "| connect-manager serve, and a sync in it | ", "| nobody is killed | ",
	} {
		assert.Contains(t, out.String(), "\n"+row)
	}
}

func TestALoadThatIsRefusedIsAnError(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() {
		for {
			connection, err := listener.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			_, _ = connection.Write([]byte("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"))
		}
	}()
	defer listener.Close()
	_, err = bench.Load{Address: listener.Addr().String(), Path: "/", Connections: 1, For: time.Second}.Run(t.Context())
	require.ErrorContains(t, err, "401 Unauthorized")
}
