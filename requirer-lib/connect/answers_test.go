package connect_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
)

func TestOffsetsKeepTheirNumbers(t *testing.T) {
	t.Parallel()
	const answer = `{"offsets":[
		{"partition":{"kafka_topic":"t","kafka_partition":3},"offset":{"kafka_offset":9007199254740993}},
		{"partition":{"server":{"name":"s","shards":[1,2.5]}},"offset":{"lsn":18446744073709551615,"done":true,"at":null}},
		{"partition":{"file":"f"},"offset":null}]}`
	worker := startWorker(t, says(200, answer), says(200, `{"message":"altered"}`))
	client, _ := clientOf(t, worker.URL)
	offsets, err := client.Offsets(t.Context(), "a")
	require.NoError(t, err)
	require.Len(t, offsets, 3)
	assert.Equal(t, json.Number("9007199254740993"), offsets[0].Offset["kafka_offset"])
	assert.Nil(t, offsets[2].Offset)

	said, err := client.AlterOffsets(t.Context(), "a", offsets)
	require.NoError(t, err)
	assert.Equal(t, "altered", said)
	const prefix = "PATCH /connectors/a/offsets "
	sent := worker.asked()[1]
	require.Equal(t, prefix, sent[:len(prefix)])
	assert.JSONEq(t, answer, sent[len(prefix):])
	assert.Contains(t, sent, "9007199254740993", "as it was written, and not as a float64")
	assert.Contains(t, sent, "18446744073709551615")
}

func TestOffsetsOfAConnectorThatIsNotStoppedAreNamedSo(t *testing.T) {
	t.Parallel()
	worker := startWorker(t, fails(400, "Connectors must be in the STOPPED state before their offsets can be modified. This can be done …"))
	client, _ := clientOf(t, worker.URL)
	_, err := client.ResetOffsets(t.Context(), "a")
	require.ErrorIs(t, err, connect.ErrNotStopped)
	_, err = client.AlterOffsets(t.Context(), "a", []connect.Offset{connect.SinkOffset("t", 0, 1)})
	require.ErrorIs(t, err, connect.ErrNotStopped)
}

func TestRestartTellsItsPlan(t *testing.T) {
	t.Parallel()
	worker := startWorker(t,
		says(202, `{"name":"a","connector":{"state":"RUNNING","worker_id":"w:1"},"tasks":[{"id":1,"state":"RESTARTING","worker_id":"w:2"}],"type":"sink"}`),
		says(204, ""))
	client, _ := clientOf(t, worker.URL)
	plan, err := client.Restart(t.Context(), "a", connect.RestartOptions{IncludeTasks: true, OnlyFailed: true})
	require.NoError(t, err)
	assert.Equal(t, connect.Status{
		Name: "a", Type: connect.Sink,
		Connector: connect.ConnectorState{State: connect.Running, WorkerID: "w:1"},
		Tasks:     []connect.TaskState{{ID: 1, State: connect.Restarting, WorkerID: "w:2"}},
	}, plan)
	plan, err = client.Restart(t.Context(), "a", connect.RestartOptions{})
	require.NoError(t, err)
	assert.Zero(t, plan)
}

func TestTopicsAreThoseOfTheConnector(t *testing.T) {
	t.Parallel()
	worker := startWorker(t, says(200, `{"a":{"topics":["t","u"]}}`), says(403, `{"error_code":403,"message":"Topic tracking is disabled."}`))
	client, _ := clientOf(t, worker.URL)
	topics, err := client.Topics(t.Context(), "a")
	require.NoError(t, err)
	assert.Equal(t, []string{"t", "u"}, topics)
	require.ErrorIs(t, client.ResetTopics(t.Context(), "a"), connect.ErrForbidden)
}

func TestLoggersTellWhenTheyWereChanged(t *testing.T) {
	t.Parallel()
	worker := startWorker(t, says(200, `{"root":{"level":"INFO","last_modified":null},"a.b":{"level":"DEBUG","last_modified":1700000000123}}`))
	client, _ := clientOf(t, worker.URL)
	loggers, err := client.Loggers(t.Context())
	require.NoError(t, err)
	assert.Equal(t, map[string]connect.Logger{
		"root": {Level: connect.LevelInfo},
		"a.b":  {Level: connect.LevelDebug, Changed: time.Date(2023, 11, 14, 22, 13, 20, 123e6, time.UTC)},
	}, loggers)
}

func TestAwaitStatusLooksUntilItIsAsWanted(t *testing.T) {
	t.Parallel()
	worker := startWorker(t,
		says(200, `{"connector":{"state":"UNASSIGNED"},"tasks":[]}`),
		says(200, `{"connector":{"state":"RUNNING"},"tasks":[]}`),
		says(200, `{"connector":{"state":"RUNNING"},"tasks":[{"state":"FAILED"}]}`),
		says(200, `{"connector":{"state":"RUNNING"},"tasks":[{"state":"RUNNING"}]}`),
		fails(404, "No status found for connector a"))
	client, waited := clientOf(t, worker.URL)
	status, err := client.AwaitStatus(t.Context(), "a", connect.Status.AnyFailed)
	require.NoError(t, err)
	assert.True(t, status.AnyFailed())
	assert.False(t, status.AllRunning())
	status, err = client.AwaitStatus(t.Context(), "a", connect.Status.AllRunning)
	require.NoError(t, err)
	assert.False(t, status.AnyFailed())
	assert.Equal(t, 2, waited.count())
	for _, delay := range waited.delays {
		assert.LessOrEqual(t, delay, 500*time.Millisecond)
	}
	_, err = client.AwaitStatus(t.Context(), "a", connect.Status.AllRunning)
	require.ErrorIs(t, err, connect.ErrNotFound, "what waiting does not mend")
}

func TestAwaitStatusGivesTheLastStateAtItsEnd(t *testing.T) {
	t.Parallel()
	paused := says(200, `{"connector":{"state":"PAUSED"},"tasks":[]}`)
	cases := map[string]struct {
		last func(context.CancelFunc) http.HandlerFunc
		wait connect.Wait
	}{
		"in a wait": {
			func(context.CancelFunc) http.HandlerFunc { return paused },
			func(context.Context, time.Duration) error { return context.Canceled },
		},
		"in a request": {
			func(cancel context.CancelFunc) http.HandlerFunc {
				return func(_ http.ResponseWriter, in *http.Request) { cancel(); <-in.Context().Done() }
			},
			func(context.Context, time.Duration) error { return nil },
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			worker := startWorker(t, paused, c.last(cancel))
			client, _ := newClient(t, connect.Config{Endpoints: []string{worker.URL}, Wait: c.wait})
			status, err := client.AwaitStatus(ctx, "a", connect.Status.AllRunning)
			require.ErrorIs(t, err, context.Canceled)
			require.ErrorContains(t, err, "awaiting connector a, which is PAUSED")
			assert.Equal(t, connect.Paused, status.Connector.State)
		})
	}
}
