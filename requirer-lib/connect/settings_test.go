package connect_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
)

const withPasswords = `{"a":{"info":{"name":"a","type":"sink","tasks":[],"config":{
	"topics":"t","database.password":"hunter2","empty.password":"","url":"jdbc:x://joe:hunter3@db/","note":"it is hunter2"}},"status":{}}}`

func TestSettingsFromAWorkerAreReadButNotShown(t *testing.T) {
	t.Parallel()
	worker := startWorker(t, says(200, withPasswords), says(200, `[{"id":{"connector":"a","task":0},"config":{"database.password":"hunter2"}}]`))
	client, _ := clientOf(t, worker.URL)
	listed, err := client.ListConnectors(t.Context())
	require.NoError(t, err)
	tasks, err := client.Tasks(t.Context(), "a")
	require.NoError(t, err)
	assert.Equal(t, "hunter2", listed["a"].Info.Config["database.password"])
	assert.Equal(t, "hunter2", tasks[0].Config["database.password"])

	connector := listed["a"].Info
	for _, thing := range []any{listed, listed["a"], connector, &connector, connector.Config, &connector.Config, tasks} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			assert.NotContains(t, fmt.Sprintf(verb, thing), "hunter", "%s of %T", verb, thing)
		}
		document, err := json.Marshal(thing)
		require.NoError(t, err)
		assert.NotContains(t, string(document), "hunter")
		var logged bytes.Buffer
		for _, handler := range []slog.Handler{slog.NewTextHandler(&logged, nil), slog.NewJSONHandler(&logged, nil)} {
			slog.New(handler).Info("seen", "thing", thing)
		}
		assert.NotContains(t, logged.String(), "hunter")
	}
	assert.Equal(t, map[string]string{
		"topics": "t", "database.password": "***", "empty.password": "", "url": "jdbc:x://***@db/", "note": "it is ***",
	}, connector.Config.Shown())
	assert.Equal(t, "map[x:1]", fmt.Sprint(connect.Settings{"x": "1"}))
	assert.Nil(t, connect.Settings(nil).Shown())
}

// What is sent is in clear, also where it came from a worker.
func TestSettingsCanBeSentBack(t *testing.T) {
	t.Parallel()
	worker := startWorker(t, says(200, `{"database.password":"hunter2"}`), says(200, `{}`))
	client, _ := clientOf(t, worker.URL)
	settings, err := client.Config(t.Context(), "a")
	require.NoError(t, err)
	_, _, err = client.PutConfig(t.Context(), "a", settings)
	require.NoError(t, err)
	assert.Equal(t, `PUT /connectors/a/config {"database.password":"hunter2"}`, worker.asked()[1])
}

func TestAValidationHidesSecretsInJSON(t *testing.T) {
	t.Parallel()
	worker := startWorker(t, says(200, `{"name":"C","error_count":1,"configs":[
		{"definition":{"name":"api.token"},"value":{"name":"api.token","value":"hunter2","errors":["hunter2 is too short"]}},
		{"definition":{"name":"topic"},"value":{"name":"topic","value":"t","errors":[]}}]}`))
	client, _ := clientOf(t, worker.URL)
	validation, err := client.Validate(t.Context(), "C", map[string]string{"api.token": "hunter2"})
	require.NoError(t, err)
	assert.Equal(t, map[string][]string{"api.token": {"hunter2 is too short"}}, validation.Errors(), "as the worker says it, for whoever shows it with Redact")
	document, err := json.Marshal(validation)
	require.NoError(t, err)
	assert.NotContains(t, string(document), "hunter2")
	assert.Contains(t, string(document), `"*** is too short"`)
	assert.NotContains(t, fmt.Sprintf("%+v", validation.Configs[0].Value.Value), "hunter2", "a pointer")
}
