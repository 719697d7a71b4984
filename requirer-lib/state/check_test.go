package state_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connecttest"
	"connectcharms/requirer-lib/state"
)

const fileSource = "org.apache.kafka.connect.file.FileStreamSourceConnector"

// checked has a server judge a file.
func checked(t *testing.T, text, environment, endpoint string) (state.Problems, error) {
	t.Helper()
	file, err := state.Parse([]byte(text), state.Options{Environment: environment})
	require.NoError(t, err)
	desired, err := file.Desired(known)
	require.NoError(t, err)
	client, err := connect.New(connect.Config{Endpoints: []string{endpoint}})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return file.Check(t.Context(), client, desired)
}

func TestWhatTheClusterSaysIsToldWithItsPlace(t *testing.T) {
	t.Parallel()
	server := connecttest.NewServer()
	t.Cleanup(server.Close)
	problems, err := checked(t, `defaults:
  config: {batch.size: many}
environments:
  production:
    connectors:
      overlay: {config: {tasks.max: several}}
connectors:
  - {name: good, config: {connector.class: FileStreamSource, topic: t, batch.size: 5}}
  - name: slip
    config:
      connector.class: `+fileSource+`
      topik: t
      batch.size: 5
  - {name: overlay, config: {connector.class: FileStreamSource, topic: t}}
  - {name: unknown, config: {connector.class: `+strings.Replace(fileSource, "Stream", "Straem", 1)+`}}
  - {name: short, config: {connector.class: FileStreamSorce}}
  - {name: illegal, config: {connector.class: "a b"}}
  - {name: secret, config: {connector.class: FileStreamSource, topic: t, batch.size: {env: PASSWORD}}}
`, "production", server.URL())
	require.NoError(t, err)
	assert.Equal(t, []string{
		`connector overlay: config.batch.size: Invalid value many for configuration batch.size: Not a number of type INT (line 2, column 12)`,
		`connector overlay: config.tasks.max: Invalid value several for configuration tasks.max: Not a number of type INT (line 6, column 26)`,
		`connector slip: config.topic: Missing required configuration "topic" which has no default value. (line 9, column 11; did you mean "topik"?)`,
		`connector unknown: config.connector.class: the cluster has no such class of connectors (line 15, column 30; did you mean "` + fileSource + `"?)`,
		`connector short: config.connector.class: the cluster has no such class of connectors (line 16, column 28; did you mean "FileStreamSource"?)`,
		`connector illegal: config.connector.class: is no name of a class (line 17, column 30)`,
		`connector secret: config.batch.size: Invalid value *** for configuration batch.size: Not a number of type INT (line 18, column 74)`,
	}, strings.Split(problems.Error(), "\n"))
	assert.Empty(t, server.TakeWrites())
}

func TestAKeyThatIsLikelyASlipIsAHint(t *testing.T) {
	t.Parallel()
	server := connecttest.NewServer()
	t.Cleanup(server.Close)
	file, err := state.Parse([]byte(`connectors:
  - name: slips
    config:
      connector.class: FileStreamSource
      topic: t
      task.max: 2
      batchsize: 5
      file: f
      files: f
      value.converter.schemas.enable: "false"
  - {name: told, config: {connector.class: FileStreamSource, topics: t}}
`), state.Options{})
	require.NoError(t, err)
	desired, err := file.Desired(known)
	require.NoError(t, err)
	client, err := connect.New(connect.Config{Endpoints: []string{server.URL()}})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	judged, err := file.Judge(t.Context(), client, desired)
	require.NoError(t, err)
	assert.EqualError(t, judged.Hints, `connector slips: config.task.max: its plugin does not know this key, and Kafka Connect does not look at it (line 6, column 7; did you mean "tasks.max"?)
connector slips: config.batchsize: its plugin does not know this key, and Kafka Connect does not look at it (line 7, column 7; did you mean "batch.size"?)`)
	assert.Len(t, judged.Problems, 1, "what is told as missing is no hint beside it")
	assert.Equal(t, "topics", judged.Problems[0].Nearest)
}

func TestAClusterThatCannotBeAskedIsAnErrorAndNoProblem(t *testing.T) {
	t.Parallel()
	server := connecttest.NewServer()
	t.Cleanup(server.Close)
	server.SetPassword("somebody", "else")
	problems, err := checked(t, "connectors: [{name: a, config: {connector.class: FileStreamSource}}]", "", server.URL())
	require.ErrorIs(t, err, connect.ErrUnauthorized)
	assert.Empty(t, problems)
}

func TestAClusterThatCannotJudgeOneConnectorJudgesTheOthers(t *testing.T) {
	t.Parallel()
	memory := connecttest.NewServer()
	t.Cleanup(memory.Close)
	address, err := url.Parse(memory.URL())
	require.NoError(t, err)
	proxy := httputil.NewSingleHostReverseProxy(address)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "Crashing") {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = w.Write([]byte(`{"error_code":500,"message":"NullPointerException: no, hunter2"}`))
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	problems, err := checked(t, `connectors:
  - {name: a, config: {connector.class: Crashing, x: {env: PASSWORD}}}
  - {name: b, config: {connector.class: FileStreamSource}}
`, "", front.URL)
	require.NoError(t, err)
	assert.EqualError(t, problems, `connector a: config: the cluster cannot judge it: NullPointerException: no, *** (line 2, column 12)
connector b: config.topic: Missing required configuration "topic" which has no default value. (line 3, column 12)`)
}
