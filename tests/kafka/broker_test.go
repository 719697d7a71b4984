package kafka_test

import (
	"context"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/tests/kafka"
)

// startBroker runs a broker until the end of the test.
func startBroker(t *testing.T, options kafka.BrokerOptions) *kafka.Broker {
	t.Helper()
	if options.Dir == "" {
		options.Dir = t.TempDir()
	}
	broker, err := kafka.StartBroker(t.Context(), fetched(t, ""), options)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, broker.Stop()) })
	return broker
}

func TestBrokerListensOnItsAddress(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, kafka.BrokerOptions{Address: "127.0.77.1"})
	host, _, err := net.SplitHostPort(broker.Bootstrap())
	require.NoError(t, err)
	assert.Equal(t, "127.0.77.1", host)
	connection, err := net.Dial("tcp", broker.Bootstrap())
	require.NoError(t, err)
	require.NoError(t, connection.Close())
}

func TestTakenPortIsNamed(t *testing.T) {
	t.Parallel()
	runtime := fetched(t, "")
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port

	_, err = kafka.StartBroker(t.Context(), runtime, kafka.BrokerOptions{Port: port, Dir: t.TempDir()})
	require.ErrorContains(t, err, "of 127.0.0.1 cannot be used (choose another, or 0 for a free one, or end what listens there)")
	require.ErrorContains(t, err, "address already in use")
}

func TestBrokerThatCannotStartShowsItsOutput(t *testing.T) {
	t.Parallel()
	runtime := fetched(t, "")
	_, err := kafka.StartBroker(t.Context(), runtime, kafka.BrokerOptions{Dir: t.TempDir(), Extra: map[string]string{"num.io.threads": "none"}})
	require.ErrorContains(t, err, "num.io.threads")
}

func TestStartEndsWithItsContext(t *testing.T) {
	t.Parallel()
	runtime := fetched(t, "")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := kafka.StartBroker(ctx, runtime, kafka.BrokerOptions{Dir: t.TempDir()})
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestProcessesNeedADirectory(t *testing.T) {
	t.Parallel()
	_, err := kafka.StartBroker(t.Context(), &kafka.Runtime{}, kafka.BrokerOptions{})
	require.EqualError(t, err, "start a broker: no Dir is named: give a directory for its configuration and data")
	_, err = kafka.StartWorker(t.Context(), &kafka.Runtime{}, &kafka.Broker{}, kafka.WorkerOptions{})
	require.EqualError(t, err, "start a worker: no Dir is named: give a directory for its configuration and data")
}

func TestMissingJavaIsNamed(t *testing.T) {
	runtime := fetched(t, "")
	t.Setenv("JAVA_HOME", "")
	t.Setenv("PATH", t.TempDir())
	_, err := kafka.StartBroker(t.Context(), runtime, kafka.BrokerOptions{Dir: t.TempDir()})
	require.EqualError(t, err, "start a broker: java is missing: install it (apt-get install maven openjdk-17-jre-headless), or set JAVA_HOME: "+
		`exec: "java": executable file not found in $PATH`)
}

func TestConfigurationIsForItsOwnerOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	startBroker(t, kafka.BrokerOptions{Dir: dir})
	info, err := os.Stat(dir + "/server.properties")
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode())
}
