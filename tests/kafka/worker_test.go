package kafka_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/tests/kafka"
)

const (
	fileSource   = "org.apache.kafka.connect.file.FileStreamSourceConnector"
	fileSink     = "org.apache.kafka.connect.file.FileStreamSinkConnector"
	mirrorSource = "org.apache.kafka.connect.mirror.MirrorSourceConnector"
	// settle is how long a worker may take to do what it was asked for.
	settle = 2 * time.Minute
)

func TestWorkerListsPluginsOfItsPathAndItsClasspath(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, kafka.BrokerOptions{})
	worker := startWorker(t, "", broker, kafka.WorkerOptions{PluginPath: fetched(t, "").PluginPath})

	var about struct{ Version string }
	get(t, worker.URL()+"/", &about)
	assert.Equal(t, "4.3.1", about.Version)
	assert.Subset(t, classes(t, worker), []string{fileSource, fileSink, mirrorSource})
}

func TestFileConnectorsComeOnlyWithThePlugin(t *testing.T) {
	t.Parallel()
	worker := startWorker(t, "", startBroker(t, kafka.BrokerOptions{}), kafka.WorkerOptions{})
	found := classes(t, worker)
	assert.Contains(t, found, mirrorSource)
	assert.NotContains(t, found, fileSource)
}

func TestLinesPassFromSourceToSinkThroughTheUnpackedPlugin(t *testing.T) {
	t.Parallel()
	plugins, files := t.TempDir(), t.TempDir()
	unpack(t, fetched(t, "").FilePlugin, plugins)
	broker := startBroker(t, kafka.BrokerOptions{})
	// Every codec has a native library, which is unpacked at its first use.
	worker := startWorker(t, "", broker, kafka.WorkerOptions{PluginPath: plugins, Extra: map[string]string{"producer.compression.type": "zstd"}})

	from, to := filepath.Join(files, "from.txt"), filepath.Join(files, "to.txt")
	require.NoError(t, os.WriteFile(from, []byte("one\ntwo\n"), 0o600))
	create(t, worker, "source", map[string]string{"connector.class": fileSource, "file": from, "topic": "lines"})
	create(t, worker, "sink", map[string]string{"connector.class": fileSink, "file": to, "topics": "lines"})
	waitForText(t, to, "one\ntwo\n")
}

func TestOlderWorkerRunsAgainstNewerBroker(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, kafka.BrokerOptions{})
	worker := startWorker(t, "3.9.1", broker, kafka.WorkerOptions{PluginPath: fetched(t, "3.9.1").PluginPath})
	var about struct{ Version string }
	get(t, worker.URL()+"/", &about)
	assert.Equal(t, "3.9.1", about.Version)
	assert.Subset(t, classes(t, worker), []string{fileSource, fileSink, mirrorSource})
}

func TestTopicsSurviveTheKillOfTheirBroker(t *testing.T) {
	t.Parallel()
	runtime, files := fetched(t, ""), t.TempDir()
	options := kafka.BrokerOptions{Dir: t.TempDir()}
	first, err := kafka.StartBroker(t.Context(), runtime, options)
	require.NoError(t, err)
	worker := startWorker(t, "", first, kafka.WorkerOptions{PluginPath: runtime.PluginPath})
	from, to := filepath.Join(files, "from.txt"), filepath.Join(files, "to.txt")
	require.NoError(t, os.WriteFile(from, []byte("before\n"), 0o600))
	create(t, worker, "source", map[string]string{"connector.class": fileSource, "file": from, "topic": "lines"})
	create(t, worker, "sink", map[string]string{"connector.class": fileSink, "file": to, "topics": "lines"})
	waitForText(t, to, "before\n")
	require.NoError(t, worker.Stop())
	require.NoError(t, first.Kill())

	second := startBroker(t, options)
	worker = startWorker(t, "", second, kafka.WorkerOptions{PluginPath: runtime.PluginPath})
	var names []string
	get(t, worker.URL()+"/connectors", &names)
	assert.ElementsMatch(t, []string{"source", "sink"}, names)
}

// startWorker runs a worker of a Kafka version until the end of the test.
func startWorker(t *testing.T, version string, broker *kafka.Broker, options kafka.WorkerOptions) *kafka.Worker {
	t.Helper()
	options.Dir = t.TempDir()
	worker, err := kafka.StartWorker(t.Context(), fetched(t, version), broker, options)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, worker.Stop()) })
	return worker
}

func classes(t *testing.T, worker *kafka.Worker) []string {
	t.Helper()
	var plugins []struct{ Class string }
	get(t, worker.URL()+"/connector-plugins", &plugins)
	found := make([]string, 0, len(plugins))
	for _, plugin := range plugins {
		found = append(found, plugin.Class)
	}
	return found
}

func get(t *testing.T, url string, into any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.NoError(t, json.NewDecoder(response.Body).Decode(into))
}

// create asks again where the group is not settled yet.
func create(t *testing.T, worker *kafka.Worker, name string, config map[string]string) {
	t.Helper()
	body, err := json.Marshal(config)
	require.NoError(t, err)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, worker.URL()+"/connectors/"+name+"/config", bytes.NewReader(body))
		require.NoError(c, err)
		request.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(request)
		require.NoError(c, err)
		defer response.Body.Close()
		answer, err := io.ReadAll(response.Body)
		require.NoError(c, err)
		assert.Contains(c, []int{http.StatusCreated, http.StatusOK}, response.StatusCode, string(answer))
	}, settle, 50*time.Millisecond)
}

func waitForText(t *testing.T, path, want string) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		text, err := os.ReadFile(path)
		require.NoError(c, err)
		assert.Equal(c, want, string(text))
	}, settle, 50*time.Millisecond)
}
