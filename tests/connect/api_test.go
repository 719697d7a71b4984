package connect_test

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/tests/kafka"
)

// TestRealWorkers runs all stories on one group of three for each version: first every call of the client, with what workers
// say when it cannot be done, side by side; then what depends on who leads, and on workers that come and go.
func TestRealWorkers(t *testing.T) {
	t.Parallel()
	for _, version := range []string{kafka.DefaultVersion, "3.9.1"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			c := startCluster(t, version, 3)
			t.Run("every call", func(t *testing.T) { everyCall(t, c) })
			t.Run("a group", func(t *testing.T) { inAGroup(t, c) })
		})
	}
}

func everyCall(t *testing.T, c *cluster) {
	for name, story := range map[string]func(*testing.T, *cluster){
		"life of a connector":    lifeOfAConnector,
		"tasks":                  tasks,
		"what has failed":        whatHasFailed,
		"offsets of a source":    offsetsOfASource,
		"offsets of a sink":      offsetsOfASink,
		"offsets of a busy sink": offsetsOfABusySink,
		"topics":                 topics,
		"plugins":                plugins,
		"loggers":                loggers,
		"worker":                 worker,
		"what cannot be created": whatCannotBeCreated,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t, c)
		})
	}
}

func lifeOfAConnector(t *testing.T, c *cluster) {
	client, ctx := c.client(t), t.Context()
	const name = "life"
	config := source("life", lines(t, 1))

	created, err := client.Create(ctx, name, config, connect.InitialStopped)
	require.NoError(t, err)
	assert.Equal(t, connect.Source, created.Type)
	status, err := await(ctx, client, name, inState(connect.Stopped))
	require.NoError(t, err)
	assert.Empty(t, status.Tasks)
	_, err = client.Create(ctx, name, config, "")
	require.ErrorIs(t, err, connect.ErrAlreadyExists)

	require.NoError(t, client.Resume(ctx, name))
	status, err = client.AwaitStatus(ctx, name, connect.Status.AllRunning)
	require.NoError(t, err)
	assert.NotEmpty(t, status.Connector.WorkerID)
	assert.Equal(t, c.runtime.Version == kafka.DefaultVersion, status.Connector.Version == c.runtime.Version, "told since 4.1")

	info, err := client.Connector(ctx, name)
	require.NoError(t, err)
	assert.Equal(t, []connect.TaskID{{Connector: name, Task: 0}}, info.Tasks)
	assert.Equal(t, name, info.Config["name"], "which the worker adds")

	config["tasks.max"], config["batch.size"] = "1", "100"
	_, isNew, err := client.PutConfig(ctx, name, config)
	require.NoError(t, err)
	assert.False(t, isNew)
	more := "200"
	patched, err := client.PatchConfig(ctx, name, map[string]*string{"batch.size": &more, "tasks.max": nil})
	require.NoError(t, err)
	assert.Equal(t, "200", patched.Config["batch.size"])
	assert.NotContains(t, patched.Config, "tasks.max")
	got, err := client.Config(ctx, name)
	require.NoError(t, err)
	assert.Equal(t, patched.Config, got)

	for state, ask := range map[connect.State]func() error{
		connect.Paused:  func() error { return client.Pause(ctx, name) },
		connect.Stopped: func() error { return client.Stop(ctx, name) },
	} {
		require.NoError(t, ask())
		_, err = client.AwaitStatus(ctx, name, inState(state))
		require.NoError(t, err)
	}

	require.NoError(t, client.Delete(ctx, name))
	for what, call := range map[string]func() error{
		"delete":  func() error { return client.Delete(ctx, name) },
		"get":     func() error { _, err := client.Connector(ctx, name); return err },
		"config":  func() error { _, err := client.Config(ctx, name); return err },
		"patch":   func() error { _, err := client.PatchConfig(ctx, name, nil); return err },
		"status":  func() error { _, err := client.Status(ctx, name); return err },
		"tasks":   func() error { _, err := client.Tasks(ctx, name); return err },
		"offsets": func() error { _, err := client.Offsets(ctx, name); return err },
		"pause":   func() error { return client.Pause(ctx, name) },
		"resume":  func() error { return client.Resume(ctx, name) },
		"stop":    func() error { return client.Stop(ctx, name) },
		"restart": func() error { _, err := client.Restart(ctx, name, connect.RestartOptions{}); return err },
		"restart with tasks": func() error {
			_, err := client.Restart(ctx, name, connect.RestartOptions{IncludeTasks: true})
			return err
		},
		"alter offsets": func() error {
			_, err := client.AlterOffsets(ctx, name, []connect.Offset{connect.SinkOffset("t", 0, 0)})
			return err
		},
		"reset offsets": func() error { _, err := client.ResetOffsets(ctx, name); return err },
	} {
		require.ErrorIs(t, call(), connect.ErrNotFound, what)
	}
	listed, err := client.ListConnectors(ctx)
	require.NoError(t, err)
	assert.NotContains(t, listed, name)
	_, isNew, err = client.PutConfig(ctx, name, config)
	require.NoError(t, err)
	assert.True(t, isNew)
}

func tasks(t *testing.T, c *cluster) {
	client, ctx := c.client(t), t.Context()
	const name = "tasks"
	create(t, client, name, source("tasks", lines(t, 1)))

	all, err := client.Tasks(ctx, name)
	require.NoError(t, err)
	require.Len(t, all, 1)
	assert.Equal(t, connect.TaskID{Connector: name, Task: 0}, all[0].ID)
	assert.Equal(t, "tasks", all[0].Config["topic"])
	require.EventuallyWithT(t, func(collect *assert.CollectT) { // a rebalance for others may move it
		state, err := client.TaskStatus(ctx, name, 0)
		assert.NoError(collect, err)
		assert.Equal(collect, connect.Running, state.State)
	}, patience, poll)

	require.NoError(t, client.RestartTask(ctx, name, 0))
	plan, err := client.Restart(ctx, name, connect.RestartOptions{})
	require.NoError(t, err)
	assert.Zero(t, plan)
	plan, err = client.Restart(ctx, name, connect.RestartOptions{IncludeTasks: true})
	require.NoError(t, err)
	assert.Equal(t, name, plan.Name)
	assert.Equal(t, connect.Restarting, plan.Connector.State)
	require.Len(t, plan.Tasks, 1)
	assert.Equal(t, connect.Restarting, plan.Tasks[0].State)
	_, err = client.AwaitStatus(ctx, name, connect.Status.AllRunning)
	require.NoError(t, err)

	// What is not there is asked for again for some moments after the connector's creation, as it may come yet.
	_, err = client.TaskStatus(ctx, name, 7)
	require.ErrorIs(t, err, connect.ErrNotFound)
	require.ErrorIs(t, client.RestartTask(ctx, name, 7), connect.ErrNotFound)
}

func whatHasFailed(t *testing.T, c *cluster) {
	client, ctx := c.client(t), t.Context()
	const name = "failed"
	folder := filepath.Join(t.TempDir(), "missing")
	_, err := client.Create(ctx, name, sink("failed", filepath.Join(folder, "out.txt")), "")
	require.NoError(t, err)
	status, err := await(ctx, client, name, func(status connect.Status) bool {
		return status.AnyFailed() && status.Connector.State == connect.Running // it is its task that fails
	})
	require.NoError(t, err)
	require.Len(t, status.Tasks, 1)
	assert.Contains(t, status.Tasks[0].Trace, "out.txt")

	makeFolder(t, folder)
	plan, err := client.Restart(ctx, name, connect.RestartOptions{IncludeTasks: true, OnlyFailed: true})
	require.NoError(t, err)
	assert.NotEqual(t, connect.Restarting, plan.Connector.State, "it has not failed")
	require.Len(t, plan.Tasks, 1)
	assert.Equal(t, connect.Restarting, plan.Tasks[0].State)
	_, err = client.AwaitStatus(ctx, name, connect.Status.AllRunning)
	require.NoError(t, err)
}

func topics(t *testing.T, c *cluster) {
	client, ctx := c.client(t), t.Context()
	const name = "topics"
	create(t, client, name, source("topic-of-topics", lines(t, 3)))
	require.EventuallyWithT(t, func(collect *assert.CollectT) {
		used, err := client.Topics(ctx, name)
		assert.NoError(collect, err)
		assert.Equal(collect, []string{"topic-of-topics"}, used)
	}, patience, poll)
	require.NoError(t, client.ResetTopics(ctx, name))
	require.EventuallyWithT(t, func(collect *assert.CollectT) {
		used, err := client.Topics(ctx, name)
		assert.NoError(collect, err)
		assert.Empty(collect, used)
	}, patience, poll)
	used, err := client.Topics(ctx, "never-there")
	require.NoError(t, err)
	assert.Empty(t, used)
}

func plugins(t *testing.T, c *cluster) {
	client, ctx := c.client(t), t.Context()
	const class, transform = "org.apache.kafka.connect.file.FileStreamSinkConnector", "org.apache.kafka.connect.transforms.InsertField$Value"
	all, err := client.Plugins(ctx, false)
	require.NoError(t, err)
	assert.True(t, slices.ContainsFunc(all, func(p connect.Plugin) bool { return p.Class == transform && p.Type == "transformation" }), "%v", all)
	connectors, err := client.Plugins(ctx, true)
	require.NoError(t, err)
	assert.Contains(t, connectors, connect.Plugin{Class: class, Type: "sink", Version: c.runtime.Version})
	assert.Less(t, len(connectors), len(all))

	for _, version := range []string{"", c.runtime.Version} {
		fields, err := client.PluginConfig(ctx, class, version)
		require.NoError(t, err)
		require.NotEmpty(t, fields)
		assert.True(t, slices.ContainsFunc(fields, func(f connect.FieldDefinition) bool { return f.Name == "file" && f.Type == "STRING" }), "%+v", fields)
	}
	_, err = client.PluginConfig(ctx, transform, "")
	require.NoError(t, err)
	_, err = client.PluginConfig(ctx, "org.example.Missing", "")
	require.ErrorIs(t, err, connect.ErrNotFound)

	validation, err := client.Validate(ctx, class, map[string]string{"name": "v", "tasks.max": "none"})
	require.NoError(t, err)
	count := 0
	for _, wrong := range validation.Errors() {
		count += len(wrong)
	}
	assert.Equal(t, validation.ErrorCount, count)
	assert.Contains(t, validation.Errors(), "tasks.max")
	const password = "producer.override.ssl.keystore.password"
	validation, err = client.Validate(ctx, "FileStreamSource", map[string]string{"name": "v", "topic": "t", password: "hunter2"})
	require.NoError(t, err)
	index := slices.IndexFunc(validation.Configs, func(f connect.ValidatedField) bool { return f.Value.Name == password })
	require.GreaterOrEqual(t, index, 0)
	assert.Equal(t, "[hidden]", *validation.Configs[index].Value.Value)
	_, err = client.Validate(ctx, "org.example.Missing", nil)
	require.ErrorIs(t, err, connect.ErrUnknownPlugin)
}

func loggers(t *testing.T, c *cluster) {
	ctx, before := t.Context(), time.Now().Add(-time.Minute)
	const name = "org.apache.kafka.connect.runtime.Worker"
	one := c.client(t, c.workers[0].URL())
	changed, err := one.SetWorkerLogger(ctx, name, connect.LevelDebug)
	require.NoError(t, err)
	assert.Contains(t, changed, name)
	logger, err := one.Logger(ctx, name)
	require.NoError(t, err)
	assert.Equal(t, connect.LevelDebug, logger.Level)
	assert.True(t, logger.Changed.After(before), "%v", logger)
	other, err := c.client(t, c.workers[1].URL()).Logger(ctx, name)
	require.NoError(t, err)
	assert.NotEqual(t, connect.LevelDebug, other.Level, "of one worker")

	require.NoError(t, one.SetClusterLogger(ctx, name, connect.LevelWarn))
	for _, url := range c.urls() {
		require.EventuallyWithT(t, func(collect *assert.CollectT) {
			loggers, err := c.client(t, url).Loggers(ctx)
			assert.NoError(collect, err)
			assert.Equal(collect, connect.LevelWarn, loggers[name].Level)
		}, patience, poll)
	}
	root, err := one.Logger(ctx, connect.RootLogger)
	require.NoError(t, err)
	assert.NotEmpty(t, root.Level)
	_, err = one.SetWorkerLogger(ctx, name, "LOUD")
	require.ErrorIs(t, err, connect.ErrNotFound)
}

func worker(t *testing.T, c *cluster) {
	client := c.client(t)
	info, err := client.ServerInfo(t.Context())
	require.NoError(t, err)
	assert.Equal(t, c.runtime.Version, info.Version)
	assert.NotEmpty(t, info.KafkaClusterID)
	require.EventuallyWithT(t, func(collect *assert.CollectT) { // others have it do much meanwhile
		health, err := client.Health(t.Context())
		assert.NoError(collect, err)
		assert.Equal(collect, connect.Healthy, health.Status)
	}, patience, poll)
}

func whatCannotBeCreated(t *testing.T, c *cluster) {
	client, ctx := c.client(t), t.Context()
	for what, test := range map[string]struct {
		config map[string]string
		want   error
	}{
		"no configuration": {nil, nil},
		"no topic":         {map[string]string{"connector.class": "FileStreamSource"}, nil},
		"no such class":    {map[string]string{"connector.class": "org.example.Missing"}, connect.ErrUnknownPlugin},
		"a password in what is refused": {map[string]string{
			"connector.class": "FileStreamSink", "topics": "t", "transforms": "a", "transforms.a.type": "hunter2", "password": "hunter2",
		}, nil},
	} {
		_, createErr := client.Create(ctx, "impossible", test.config, "")
		_, _, putErr := client.PutConfig(ctx, "impossible", test.config)
		for _, err := range []error{createErr, putErr} {
			var refused *connect.APIError
			require.ErrorAs(t, err, &refused, what)
			if test.want == nil { // of a class that is not there, 3.9.1 says 500
				assert.Equal(t, 400, refused.Status, "%s: %v", what, err)
			}
			assert.NotContains(t, err.Error(), "hunter2")
			if test.want != nil {
				require.ErrorIs(t, err, test.want, what)
			}
		}
	}
}
