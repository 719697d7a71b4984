package connect_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
)

// Every method makes one request, in the words of the API.
func TestRequests(t *testing.T) {
	t.Parallel()
	value := "2"
	config := map[string]string{"x": "1"}
	type client = *connect.Client
	cases := []struct {
		name   string
		do     func(context.Context, client) error
		answer http.HandlerFunc
		want   string
	}{
		{"server info", func(ctx context.Context, c client) error { _, err := c.ServerInfo(ctx); return err }, says(200, `{}`), "GET /"},
		{"health", func(ctx context.Context, c client) error { _, err := c.Health(ctx); return err }, says(200, `{}`), "GET /health"},
		{"names", func(ctx context.Context, c client) error { _, err := c.Connectors(ctx); return err }, says(200, `[]`), "GET /connectors"},
		{"list", func(ctx context.Context, c client) error { _, err := c.ListConnectors(ctx); return err }, says(200, `{}`), "GET /connectors?expand=info&expand=status"},
		{"connector", func(ctx context.Context, c client) error { _, err := c.Connector(ctx, "a"); return err }, says(200, `{}`), "GET /connectors/a"},
		{"config", func(ctx context.Context, c client) error { _, err := c.Config(ctx, "a"); return err }, says(200, `{}`), "GET /connectors/a/config"},
		{"create", func(ctx context.Context, c client) error { _, err := c.Create(ctx, "a", config, ""); return err }, says(201, `{}`), `POST /connectors {"name":"a","config":{"x":"1"}}`},
		{"create stopped", func(ctx context.Context, c client) error {
			_, err := c.Create(ctx, "a", config, connect.InitialStopped)
			return err
		}, says(201, `{}`), `POST /connectors {"name":"a","config":{"x":"1"},"initial_state":"STOPPED"}`},
		{"put", func(ctx context.Context, c client) error { _, _, err := c.PutConfig(ctx, "a", config); return err }, says(200, `{}`), `PUT /connectors/a/config {"x":"1"}`},
		{"patch", func(ctx context.Context, c client) error {
			_, err := c.PatchConfig(ctx, "a", map[string]*string{"x": &value, "y": nil})
			return err
		}, says(200, `{}`), `PATCH /connectors/a/config {"x":"2","y":null}`},
		{"delete", func(ctx context.Context, c client) error { return c.Delete(ctx, "a") }, says(204, ""), "DELETE /connectors/a"},
		{"status", func(ctx context.Context, c client) error { _, err := c.Status(ctx, "a"); return err }, says(200, `{}`), "GET /connectors/a/status"},
		{"tasks", func(ctx context.Context, c client) error { _, err := c.Tasks(ctx, "a"); return err }, says(200, `[]`), "GET /connectors/a/tasks"},
		{"pause", func(ctx context.Context, c client) error { return c.Pause(ctx, "a") }, says(202, ""), "PUT /connectors/a/pause"},
		{"resume", func(ctx context.Context, c client) error { return c.Resume(ctx, "a") }, says(202, ""), "PUT /connectors/a/resume"},
		{"stop", func(ctx context.Context, c client) error { return c.Stop(ctx, "a") }, says(204, ""), "PUT /connectors/a/stop"},
		{"restart", func(ctx context.Context, c client) error {
			_, err := c.Restart(ctx, "a", connect.RestartOptions{})
			return err
		}, says(204, ""), "POST /connectors/a/restart?includeTasks=false&onlyFailed=false"},
		{"restart with tasks", func(ctx context.Context, c client) error {
			_, err := c.Restart(ctx, "a", connect.RestartOptions{IncludeTasks: true})
			return err
		}, says(202, `{}`), "POST /connectors/a/restart?includeTasks=true&onlyFailed=false"},
		{"task status", func(ctx context.Context, c client) error { _, err := c.TaskStatus(ctx, "a", 3); return err }, says(200, `{}`), "GET /connectors/a/tasks/3/status"},
		{"restart task", func(ctx context.Context, c client) error { return c.RestartTask(ctx, "a", 0) }, says(204, ""), "POST /connectors/a/tasks/0/restart"},
		{"topics", func(ctx context.Context, c client) error { _, err := c.Topics(ctx, "a"); return err }, says(200, `{}`), "GET /connectors/a/topics"},
		{"reset topics", func(ctx context.Context, c client) error { return c.ResetTopics(ctx, "a") }, says(202, ""), "PUT /connectors/a/topics/reset"},
		{"offsets", func(ctx context.Context, c client) error { _, err := c.Offsets(ctx, "a"); return err }, says(200, `{}`), "GET /connectors/a/offsets"},
		{"alter offsets", func(ctx context.Context, c client) error {
			_, err := c.AlterOffsets(ctx, "a", []connect.Offset{connect.SinkOffset("t", 1, 1<<60), {Partition: map[string]any{"file": "f"}}})
			return err
		}, says(200, `{}`), `PATCH /connectors/a/offsets {"offsets":[` +
			`{"partition":{"kafka_partition":1,"kafka_topic":"t"},"offset":{"kafka_offset":1152921504606846976}},{"partition":{"file":"f"},"offset":null}]}`},
		{"reset offsets", func(ctx context.Context, c client) error { _, err := c.ResetOffsets(ctx, "a"); return err }, says(200, `{}`), "DELETE /connectors/a/offsets"},
		{"loggers", func(ctx context.Context, c client) error { _, err := c.Loggers(ctx); return err }, says(200, `{}`), "GET /admin/loggers"},
		{"logger", func(ctx context.Context, c client) error { _, err := c.Logger(ctx, "org.a$b"); return err }, says(200, `{}`), "GET /admin/loggers/org.a$b"},
		{"set a worker's logger", func(ctx context.Context, c client) error {
			_, err := c.SetWorkerLogger(ctx, "a.b", "DEBUG")
			return err
		}, says(200, `["a.b"]`), `PUT /admin/loggers/a.b?scope=worker {"level":"DEBUG"}`},
		{"set a logger of all", func(ctx context.Context, c client) error { return c.SetClusterLogger(ctx, "a.b", "DEBUG") }, says(204, ""), `PUT /admin/loggers/a.b?scope=cluster {"level":"DEBUG"}`},
		{"plugin config", func(ctx context.Context, c client) error { _, err := c.PluginConfig(ctx, "p.C", ""); return err }, says(200, `[]`), "GET /connector-plugins/p.C/config"},
		{"plugin config of a version", func(ctx context.Context, c client) error { _, err := c.PluginConfig(ctx, "p.C", "1.0"); return err }, says(200, `[]`), "GET /connector-plugins/p.C/config?version=1.0"},
		{"plugins", func(ctx context.Context, c client) error { _, err := c.Plugins(ctx, false); return err }, says(200, `[]`), "GET /connector-plugins?connectorsOnly=false"},
		{"validate", func(ctx context.Context, c client) error { _, err := c.Validate(ctx, "p.C", config); return err }, says(200, `{}`), `PUT /connector-plugins/p.C/config/validate {"connector.class":"p.C","x":"1"}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			worker := startWorker(t, c.answer)
			client, _ := clientOf(t, worker.URL+"/")
			require.NoError(t, c.do(t.Context(), client))
			assert.Equal(t, []string{c.want}, worker.asked())
		})
	}
}

func TestPathOfAnEndpointIsKept(t *testing.T) {
	t.Parallel()
	worker := startWorker(t, says(200, `[]`))
	client, _ := clientOf(t, worker.URL+"/model-connect/")
	_, err := client.Connectors(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"GET /model-connect/connectors"}, worker.asked())
}

func TestListingIsDecoded(t *testing.T) {
	t.Parallel()
	worker := startWorker(t, says(200, `{"a":{
		"info":{"name":"a","config":{"name":"a","x":"1"},"tasks":[{"connector":"a","task":0}],"type":"source"},
		"status":{"name":"a","connector":{"state":"RUNNING","worker_id":"w:1","version":"4.3.1"},
			"tasks":[{"id":0,"state":"FAILED","worker_id":"w:1","trace":"boom","version":"4.3.1"}],"type":"source"}}}`))
	client, _ := clientOf(t, worker.URL)
	listed, err := client.ListConnectors(t.Context())
	require.NoError(t, err)
	assert.Equal(t, map[string]connect.ListedConnector{"a": {
		Info: connect.Connector{
			Name: "a", Type: connect.Source, Config: connect.Settings{"name": "a", "x": "1"},
			Tasks: []connect.TaskID{{Connector: "a", Task: 0}},
		},
		Status: connect.Status{
			Name: "a", Type: connect.Source,
			Connector: connect.ConnectorState{State: connect.Running, WorkerID: "w:1", Version: "4.3.1"},
			Tasks:     []connect.TaskState{{ID: 0, State: connect.Failed, WorkerID: "w:1", Trace: "boom", Version: "4.3.1"}},
		},
	}}, listed)
}

func TestPutTellsCreatedFromChanged(t *testing.T) {
	t.Parallel()
	worker := startWorker(t, says(201, `{"name":"a"}`), says(200, `{"name":"a"}`))
	client, _ := clientOf(t, worker.URL)
	_, created, err := client.PutConfig(t.Context(), "a", nil)
	require.NoError(t, err)
	assert.True(t, created)
	_, created, err = client.PutConfig(t.Context(), "a", nil)
	require.NoError(t, err)
	assert.False(t, created)
}

func TestValidationNamesWrongKeys(t *testing.T) {
	t.Parallel()
	worker := startWorker(t, says(200, `{"name":"C","error_count":1,"groups":["Common"],"configs":[
		{"definition":{"name":"topic","type":"STRING","required":true,"default_value":null,"importance":"HIGH","order":1},
		 "value":{"name":"topic","value":null,"recommended_values":[],"errors":["Missing required configuration"],"visible":true}},
		{"definition":{"name":"file","type":"STRING"},"value":{"name":"file","value":"f","errors":[]}}]}`))
	client, _ := clientOf(t, worker.URL)
	validation, err := client.Validate(t.Context(), "C", nil)
	require.NoError(t, err)
	assert.Equal(t, 1, validation.ErrorCount)
	assert.Equal(t, map[string][]string{"topic": {"Missing required configuration"}}, validation.Errors())
}

func TestHealthOfAnUnwellWorkerIsAnAnswer(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]connect.HealthStatus{200: connect.Healthy, 500: connect.Unhealthy, 503: connect.Starting} {
		worker := startWorker(t, says(status, `{"status":"`+string(want)+`","message":"m"}`))
		client, waited := clientOf(t, worker.URL)
		health, err := client.Health(t.Context())
		require.NoError(t, err)
		assert.Equal(t, connect.Health{Status: want, Message: "m"}, health)
		assert.Zero(t, waited.count())
	}
}

func TestHealthBehindADeadProxyIsTakenElsewhere(t *testing.T) {
	t.Parallel()
	proxy, worker := startWorker(t, says(503, "no upstream")), startWorker(t, says(200, `{"status":"healthy","message":""}`))
	client, _ := clientOf(t, proxy.URL, worker.URL)
	health, err := client.Health(t.Context())
	require.NoError(t, err)
	assert.Equal(t, connect.Healthy, health.Status)
}

func TestIllegalNamesAreNeverSent(t *testing.T) {
	t.Parallel()
	worker := startWorker(t, says(200, `{}`))
	client, _ := clientOf(t, worker.URL)
	for _, name := range []string{"", ".", "..", "a/b", "a%2Fb", `a\b`, "a;b", "a b", "ä", "a?b", "a#b", "a\nb"} {
		calls := map[string]func() error{
			"create":  func() error { _, err := client.Create(t.Context(), name, nil, ""); return err },
			"put":     func() error { _, _, err := client.PutConfig(t.Context(), name, nil); return err },
			"patch":   func() error { _, err := client.PatchConfig(t.Context(), name, nil); return err },
			"get":     func() error { _, err := client.Connector(t.Context(), name); return err },
			"config":  func() error { _, err := client.Config(t.Context(), name); return err },
			"status":  func() error { _, err := client.Status(t.Context(), name); return err },
			"tasks":   func() error { _, err := client.Tasks(t.Context(), name); return err },
			"delete":  func() error { return client.Delete(t.Context(), name) },
			"pause":   func() error { return client.Pause(t.Context(), name) },
			"resume":  func() error { return client.Resume(t.Context(), name) },
			"stop":    func() error { return client.Stop(t.Context(), name) },
			"restart": func() error { _, err := client.Restart(t.Context(), name, connect.RestartOptions{}); return err },
			"task":    func() error { return client.RestartTask(t.Context(), name, 0) },
			"topics":  func() error { return client.ResetTopics(t.Context(), name) },
			"offsets": func() error { _, err := client.ResetOffsets(t.Context(), name); return err },
		}
		for called, call := range calls {
			require.ErrorIs(t, call(), connect.ErrIllegalName, "%s %q", called, name)
		}
	}
	for _, class := range []string{"", "..", "a..b", "a/b", "a b"} {
		_, err := client.Validate(t.Context(), class, nil)
		require.ErrorIs(t, err, connect.ErrIllegalName, class)
		_, err = client.PluginConfig(t.Context(), class, "")
		require.ErrorIs(t, err, connect.ErrIllegalName, class)
		require.ErrorIs(t, client.SetClusterLogger(t.Context(), class, connect.LevelInfo), connect.ErrIllegalName, class)
	}
	require.ErrorContains(t, client.RestartTask(t.Context(), "a", -1), "counted from 0")
	assert.Empty(t, worker.asked())
	for _, name := range []string{"a", "A.b_c-1", "...", "mirror_r7_0123456789abcdef0123456789abcdef"} {
		require.NoError(t, connect.CheckName(name))
	}
}
