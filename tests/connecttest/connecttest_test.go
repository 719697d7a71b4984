// Package connecttest holds the library's Kafka Connect in memory to real workers: the same requests, the same answers.
package connecttest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connecttest"
	"connectcharms/tests/kafka"
)

const (
	sourceClass  = "org.apache.kafka.connect.file.FileStreamSourceConnector"
	sourcePlugin = "/connector-plugins/" + sourceClass
	source       = `"connector.class":"` + sourceClass + `","topic":"lines","tasks.max":"1"`
	patience     = time.Minute
	tick         = 50 * time.Millisecond
)

// script is what both are asked, in this order. FILE stands for a file that is there.
var script = []struct{ method, path, body string }{
	{"GET", "/", ""},
	{"GET", "/health", ""},
	{"PUT", sourcePlugin + "/config/validate", `{"name":"a",` + source + `,"file":"FILE"}`},
	{"PUT", sourcePlugin + "/config/validate", `{"connector.class":"` + sourceClass + `","batch.size":"many"}`},
	{"PUT", sourcePlugin + "/config/validate", `{"name":"a"}`},
	{"PUT", sourcePlugin + "/config/validate", `{"name":"a","connector.class":"FileStreamSink"}`},
	{"PUT", "/connector-plugins/FileStreamSink/config/validate", `{"name":"a","connector.class":"FileStreamSink"}`},
	{"PUT", "/connector-plugins/FileStreamSinkConnector/config/validate", `{"name":"a","connector.class":"FileStreamSinkConnector","topics":"a,b"}`},
	{"PUT", "/connector-plugins/no.such.Class/config/validate", `{"connector.class":"no.such.Class"}`},
	{"PUT", sourcePlugin + "/config/validate", `{"conn`},
	{"GET", sourcePlugin + "/config", ""},
	{"GET", "/connector-plugins/no.such.Class/config", ""},
	{"GET", "/connectors", ""},
	{"POST", "/connectors", `{"name":"a","config":{` + source + `,"file":"FILE"}}`},
	{"POST", "/connectors", `{"name":"a","config":{` + source + `,"file":"FILE"}}`},
	{"POST", "/connectors", `{"name":"b","config":{` + source + `,"file":"FILE"},"initial_state":"STOPPED"}`},
	{"POST", "/connectors", `{"name":"c","config":{` + source + `,"file":"FILE"},"initial_state":"PAUSED"}`},
	{"PATCH", "/connectors/b/offsets", `{"offsets":[{"partition":{"filename":"FILE"},"offset":{"position":2}}]}`},
	{"GET", "/connectors/b/offsets", ""},
	{"PATCH", "/connectors/b/offsets", `{"offsets":[{"partition":{"filename":"FILE"},"offset":null}]}`},
	{"GET", "/connectors/b/offsets", ""},
	{"PATCH", "/connectors/b/offsets", `{"offsets":[]}`},
	{"DELETE", "/connectors/b/offsets", ""},
	{"DELETE", "/connectors/a/offsets", ""},
	{"PATCH", "/connectors/c/offsets", `{"offsets":[{"partition":{"filename":"FILE"},"offset":{"position":2}}]}`},
	{"GET", "/connectors/none/offsets", ""},
	{"POST", "/connectors", `{"name":"d","config":{"topic":"x"}}`},
	{"POST", "/connectors", `{"name":"d","config":{"connector.class":"no.such.Class"}}`},
	{"POST", "/connectors", `{"name":"d","conf`},
	{"GET", "/connectors", ""},
	{"GET", "/connectors/a", ""},
	{"GET", "/connectors/a/config", ""},
	{"GET", "/connectors/none", ""},
	{"GET", "/connectors/none/config", ""},
	{"DELETE", "/connectors/none", ""},
	{"PUT", "/connectors/a/config", `{` + source + `,"file":"FILE","batch.size":"10"}`},
	{"PUT", "/connectors/e/config", `{` + source + `,"file":"FILE"}`},
	{"PUT", "/connectors/a/config", `{"connector.class":"no.such.Class"}`},
	{"PATCH", "/connectors/a/config", `{"batch.size":null,"topic":"others"}`},
	{"GET", "/connectors/a/config", ""},
	{"PUT", "/connectors/a/pause", ""},
	{"PUT", "/connectors/c/resume", ""},
	{"PUT", "/connectors/e/stop", ""},
	{"PUT", "/connectors/none/pause", ""},
	{"PUT", "/connectors/a/resume", ""},
	{"POST", "/connectors/a/restart", ""},
	{"POST", "/connectors/a/restart?includeTasks=true", ""},
	{"POST", "/connectors/none/restart", ""},
	{"GET", "/connectors?expand=info&expand=status", ""},
	{"DELETE", "/connectors/a", ""},
	{"DELETE", "/connectors/b", ""},
	{"GET", "/connectors", ""},
}

func TestItAnswersAsRealWorkersDo(t *testing.T) {
	t.Parallel()
	runtime, err := kafka.Fetch(t.Context(), kafka.DefaultVersion, os.Stderr)
	require.NoError(t, err)
	broker, err := kafka.StartBroker(t.Context(), runtime, kafka.BrokerOptions{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, broker.Stop()) })
	worker, err := kafka.StartWorker(t.Context(), runtime, broker, kafka.WorkerOptions{Dir: t.TempDir(), PluginPath: runtime.PluginPath})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, worker.Stop()) })
	memory := connecttest.NewServer()
	t.Cleanup(memory.Close)
	file := filepath.Join(t.TempDir(), "lines.txt")
	require.NoError(t, os.WriteFile(file, []byte("line\n"), 0o600))
	for _, step := range script {
		body := strings.ReplaceAll(step.body, "FILE", file)
		what := fmt.Sprintf("%s %s %s", step.method, step.path, step.body)
		said := ask(t, step.method, memory.URL()+step.path, body)
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			answer := ask(t, step.method, worker.URL()+step.path, body)
			require.False(c, isPassing(answer), answer)
			assert.Equal(t, answer, said, what)
		}, patience, tick, what)
		settle(t, worker.URL(), memory.URL())
	}
}

// isPassing says whether a worker has done nothing, for its group was about something else.
func isPassing(answer string) bool {
	return strings.Contains(answer, "Cannot complete reque") || strings.Contains(answer, "Request cannot be comp")
}

// settle waits until the worker has got where the server in memory is at once.
func settle(t *testing.T, worker, memory string) {
	t.Helper()
	const all = "/connectors?expand=status"
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		assert.Equal(c, ask(t, "GET", memory+all, ""), ask(t, "GET", worker+all, ""))
	}, patience, tick)
}

// ask gives status and answer, without what differs from worker to worker.
func ask(t *testing.T, method, url, body string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewBufferString(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	var document any
	if len(text) > 0 {
		require.NoError(t, json.Unmarshal(text, &document), "%s", text)
	}
	normal, err := json.MarshalIndent(normalise(document), "", " ")
	require.NoError(t, err)
	return fmt.Sprintf("%d %s", response.StatusCode, normal)
}

// normalise blots out what differs from worker to worker. Of a message, its beginning tells its kind.
func normalise(value any) any {
	switch value := value.(type) {
	case []any:
		value = knownFields(value)
		for i := range value {
			value[i] = normalise(value[i])
		}
		slices.SortFunc(value, func(a, b any) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		return value
	case map[string]any:
		if value["documentation"] != nil {
			maps.DeleteFunc(value, func(key string, _ any) bool {
				return !slices.Contains([]string{"name", "type", "required", "default_value"}, key)
			})
		}
		for key := range value {
			switch key {
			case "trace":
				delete(value, key)
			case "worker_id", "commit", "kafka_cluster_id", "version":
				value[key] = "*"
			case "groups":
				value[key] = "*"
			case "message":
				value[key] = beginning(value[key].(string))
			default:
				value[key] = normalise(value[key])
			}
		}
	}
	return value
}

// knownFields takes out those that the server in memory does not have, of what a plugin is configured with.
func knownFields(list []any) []any {
	known := []string{"name", "connector.class", "tasks.max", "topics", "topics.regex", "file", "topic", "batch.size"}
	return slices.DeleteFunc(list, func(item any) bool {
		field, _ := item.(map[string]any)
		if inner, is := field["definition"].(map[string]any); is {
			field = inner
		}
		name, _ := field["name"].(string)
		return field["documentation"] != nil && !slices.Contains(known, name)
	})
}

func beginning(message string) string {
	message = strings.TrimPrefix(message, "org.apache.kafka.connect.errors.ConnectException: ")
	const enough = 22
	return message[:min(len(message), enough)]
}
