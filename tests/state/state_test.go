// Package state holds package state to a real worker: what it says of configurations, and what it has, as a file.
package state

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/state"
	"connectcharms/tests/kafka"
)

// wrong has what only a cluster can find fault with.
const wrong = `defaults:
  config: {value.converter: org.apache.kafka.connect.json.JsonConvertor}
connectors:
  - name: lines
    config:
      connector.class: FileStreamSource
      topik: lines
      batch.size: {secret: irc, key: password}
      value.converter: org.apache.kafka.connect.storage.StringConverter
  - name: out
    config:
      connector.class: org.apache.kafka.connect.file.FileStramSinkConnector
  - name: copy
    config:
      connector.class: FileStreamSink
      topics: lines
`

const right = `connectors:
  - name: lines
    state: paused
    protected: true
    config:
      connector.class: FileStreamSource
      file: /tmp/lines.txt
      topic: lines
      batch.size: {secret: irc, key: size}
      db.password: {secret: irc, key: password}
      version: 1.10
  - name: out
    state: stopped
    config: {connector.class: org.apache.kafka.connect.file.FileStreamSinkConnector, topics: "lines", file: /tmp/out.txt, task.max: 2}
`

func TestARealWorkerJudgesAndIsExported(t *testing.T) {
	t.Parallel()
	client, secrets := startWorker(t), writeSecrets(t)
	file, desired := parse(t, wrong, secrets)
	problems, err := file.Check(t.Context(), client, desired)
	require.NoError(t, err)
	assert.Equal(t, strings.TrimSpace(`
connector copy: config.value.converter: Invalid value org.apache.kafka.connect.json.JsonConvertor for configuration value.converter: Class org.apache.kafka.connect.json.JsonConvertor could not be found. (line 2, column 12)
connector lines: config.topic: Missing required configuration "topic" which has no default value. (line 4, column 11; did you mean "topik"?)
connector lines: config.batch.size: Invalid value *** for configuration batch.size: Not a number of type INT (line 8, column 7)
connector out: config.connector.class: the cluster has no such class of connectors (line 12, column 7; did you mean "org.apache.kafka.connect.file.FileStreamSinkConnector"?)`),
		problems.Error())

	file, desired = parse(t, right, secrets)
	judged, err := file.Judge(t.Context(), client, desired)
	require.NoError(t, err)
	assert.Empty(t, judged.Problems)
	assert.EqualError(t, judged.Hints, "connector out: config.task.max: its plugin does not know this key, and Kafka Connect does not look at it "+
		`(line 14, column 123; did you mean "tasks.max"?)`)

	owned := connectors.Owned{Client: client, Mark: connectors.Mark(file.Manager)}
	report, err := owned.Reconcile(t.Context(), desired, connectors.Options{Patience: 5 * time.Minute, Wait: 2 * time.Minute})
	require.NoError(t, err)
	require.NoError(t, report.Err())
	assert.Empty(t, plan(t, owned, desired))
	exported(t, owned)
}

// exported writes what the worker has, with the secrets beside it, and has a plan for that change nothing.
func exported(t *testing.T, owned connectors.Owned) {
	t.Helper()
	there, err := owned.Observe(t.Context())
	require.NoError(t, err)
	isPassword, err := state.DeclaredPasswords(t.Context(), owned.Client, there)
	require.NoError(t, err)
	exported := state.Existing(there, state.ExistingOptions{IsPassword: isPassword})
	assert.Empty(t, exported.LeftOut)
	dir := t.TempDir()
	for reference, value := range exported.Secrets {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, reference.Secret), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, reference.Secret, reference.Key), []byte(value.Reveal()), 0o600))
	}
	text, err := exported.File.Export(state.YAML)
	require.NoError(t, err)
	assert.NotContains(t, string(text), "hunter2")
	_, desired := parse(t, string(text), state.Local{Dir: dir})
	assert.Empty(t, plan(t, owned, desired), "%s", text)
}

func parse(t *testing.T, text string, secrets state.Secrets) (*state.File, connectors.Desired) {
	t.Helper()
	file, err := state.Parse([]byte(text), state.Options{})
	require.NoError(t, err)
	desired, err := file.Desired(secrets)
	require.NoError(t, err)
	return file, desired
}

func plan(t *testing.T, owned connectors.Owned, desired connectors.Desired) []connectors.Change {
	t.Helper()
	plan, err := owned.Plan(t.Context(), desired, connectors.Options{})
	require.NoError(t, err)
	return plan.Changes
}

func writeSecrets(t *testing.T) state.Local {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "irc"), 0o700))
	for key, value := range map[string]string{"password": "hunter2\n", "size": "10\n"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "irc", key), []byte(value), 0o600))
	}
	return state.Local{Dir: dir}
}

func startWorker(t *testing.T) *connect.Client {
	t.Helper()
	runtime, err := kafka.Fetch(t.Context(), kafka.DefaultVersion, os.Stderr)
	require.NoError(t, err)
	broker, err := kafka.StartBroker(t.Context(), runtime, kafka.BrokerOptions{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, broker.Stop()) })
	worker, err := kafka.StartWorker(t.Context(), runtime, broker, kafka.WorkerOptions{Dir: t.TempDir(), PluginPath: runtime.PluginPath})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, worker.Stop()) })
	client, err := connect.New(connect.Config{Endpoints: []string{worker.URL()}, Patience: time.Minute})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return client
}
