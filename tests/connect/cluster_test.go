// Package connect_test runs the client of Kafka Connect's REST API against real workers of the oldest and the newest version
// that the project knows.
package connect_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/tests/kafka"
)

const (
	patience = 2 * time.Minute
	poll     = 20 * time.Millisecond
	// session is after how long a worker that is silent is dead to its group. Who stands still for less, on a busy machine, stays in it.
	session = 30 * time.Second
)

// cluster is a group of workers of one version.
type cluster struct {
	runtime *kafka.Runtime
	broker  *kafka.Broker
	workers []*kafka.Worker
}

func startCluster(t *testing.T, version string, workers int) *cluster {
	t.Helper()
	began := time.Now()
	runtime, err := kafka.Fetch(t.Context(), version, os.Stderr)
	require.NoError(t, err)
	broker, err := kafka.StartBroker(t.Context(), runtime, kafka.BrokerOptions{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, broker.Stop()) })
	c := &cluster{runtime: runtime, broker: broker, workers: make([]*kafka.Worker, workers)}
	var starting sync.WaitGroup
	for i := range c.workers {
		starting.Go(func() { c.workers[i] = c.start(t) })
	}
	starting.Wait()
	for _, worker := range c.workers {
		require.NotNil(t, worker)
	}
	t.Log("started in", time.Since(began))
	return c
}

// start has one more worker join the group.
func (c *cluster) start(t *testing.T) *kafka.Worker {
	worker, err := kafka.StartWorker(t.Context(), c.runtime, c.broker, kafka.WorkerOptions{
		Dir: t.TempDir(), PluginPath: c.runtime.PluginPath,
		Extra: map[string]string{"session.timeout.ms": strconv.FormatInt(session.Milliseconds(), 10)},
	})
	if !assert.NoError(t, err) {
		return nil
	}
	t.Cleanup(func() { _ = worker.Kill() })
	return worker
}

func (c *cluster) urls() (urls []string) {
	for _, worker := range c.workers {
		urls = append(urls, worker.URL())
	}
	return urls
}

// client talks to all workers, or to these.
func (c *cluster) client(t *testing.T, urls ...string) *connect.Client {
	t.Helper()
	if len(urls) == 0 {
		urls = c.urls()
	}
	client, err := connect.New(connect.Config{Endpoints: urls, Patience: patience})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return client
}

// source is a connector that reads lines into a topic.
func source(topic, file string) map[string]string {
	return map[string]string{"connector.class": "FileStreamSource", "tasks.max": "1", "topic": topic, "file": file}
}

// sink is one that writes a topic's records into a file.
func sink(topic, file string) map[string]string {
	return map[string]string{"connector.class": "FileStreamSink", "tasks.max": "1", "topics": topic, "file": file}
}

// lines makes a file of this many lines.
func lines(t *testing.T, count int) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "lines.txt")
	require.NoError(t, os.WriteFile(file, []byte(strings.Repeat("line\n", count)), 0o600))
	return file
}

func numbered(prefix string, count int) (names []string) {
	for i := range count {
		names = append(names, fmt.Sprintf("%s%02d", prefix, i))
	}
	return names
}

func inState(state connect.State) func(connect.Status) bool {
	return func(status connect.Status) bool { return status.Connector.State == state }
}

func create(t *testing.T, client *connect.Client, name string, config map[string]string) {
	t.Helper()
	_, err := client.Create(t.Context(), name, config, "")
	require.NoError(t, err)
	_, err = await(t.Context(), client, name, connect.Status.AllRunning)
	require.NoError(t, err)
}

// await waits for the status of a connector that was just made. On a busy machine its first one comes later than the client takes for
// possible, and until then there is none.
func await(ctx context.Context, client *connect.Client, name string, is func(connect.Status) bool) (connect.Status, error) {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); ; <-tick.C {
		status, err := client.AwaitStatus(ctx, name, is)
		if !errors.Is(err, connect.ErrNotFound) || time.Now().After(deadline) {
			return status, err
		}
	}
}
