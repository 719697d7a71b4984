package charm

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/connectors"
	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/hook"
)

func config(file string) map[string]string {
	return map[string]string{"connector.class": "FileStreamSource", "file": file}
}

// inRest is a leader's world in which nothing is due: one connector runs, no plugin is needed.
func inRest() *World {
	return &World{
		Event: hook.Event{Kind: hook.UpdateStatus, Unit: "integrator/0"}, Leader: true,
		Config: Config{Connectors: connectors.Configs{"lines": config("/a")}, PluginPort: 8080},
		Clusters: []Cluster{{Relation: 7, Provider: "kafka-connect", Connectors: map[string]Connector{
			"lines": {Config: withName(config("/a")), Status: states("RUNNING", "RUNNING")},
		}}},
	}
}

// withName is a configuration as Kafka Connect gives it back.
func withName(config map[string]string) map[string]string {
	config["name"] = "lines_r7_x"
	return config
}

func states(connector connect.State, tasks ...connect.State) connect.Status {
	status := connect.Status{Connector: connect.ConnectorState{State: connector}}
	for i, state := range tasks {
		status.Tasks = append(status.Tasks, connect.TaskState{ID: i, State: state})
	}
	return status
}

// served is a world with a resource.
func served(w *World) {
	w.Resource = Resource{File: "/r/plugin.tar.gz"}
}

// steps are all steps that are due, in turn, none of which does anything.
func steps(w *World) []Step {
	var all []Step
	for step := next(w); step != nil; step = next(w) {
		all = append(all, step)
	}
	return all
}

func TestTheStepsThatAreDue(t *testing.T) {
	t.Parallel()
	request := RequestPlugin{connectclient.NotRequired()}
	cases := map[string]struct {
		change func(*World)
		want   []Step
	}{
		"at rest, the request is held against the databag": {func(*World) {}, []Step{request}},
		"another unit changes no connector":                {func(w *World) { w.Leader = false; w.Clusters = nil }, []Step{request}},
		"a connector is missing":                           {func(w *World) { w.Clusters[0].Connectors = nil }, []Step{request, ChangeConnectors{7, []Change{{Create, "lines"}}}}},
		"connectors differ": {func(w *World) {
			w.Config.Connectors = connectors.Configs{"lines": config("/b"), "new": config("/c")}
			w.Clusters[0].Connectors["old"] = Connector{}
		}, []Step{request, ChangeConnectors{7, []Change{{Update, "lines"}, {Create, "new"}, {Delete, "old"}}}}},
		"what was changed is waited for": {func(w *World) { w.Clusters[0].Changed = true }, []Step{request, AwaitTasks{7}}},
		"a configuration that is wrong":  {func(w *World) { w.Config.Connectors, w.Config.ConnectorsProblem = nil, "line 1" }, []Step{request}},
		"a connection that is not ready": {func(w *World) { w.Clusters[0] = Cluster{Relation: 7, NotReady: errors.New("no")} }, []Step{request}},
		"a cluster that does not answer": {func(w *World) { w.Clusters[0] = Cluster{Relation: 7, Problem: errors.New("no")} }, []Step{request}},
		"a provider's unit leaves": {func(w *World) {
			w.Clusters[0].Connectors = nil
			w.Event.Kind, w.Event.Relation = hook.RelationDeparted, &hook.RelationEvent{ID: 7}
		}, []Step{request}},
		"a unit of another relation's provider leaves": {func(w *World) {
			w.Clusters[0].Connectors = nil
			w.Event.Kind, w.Event.Relation = hook.RelationDeparted, &hook.RelationEvent{ID: 17}
		}, []Step{request, ChangeConnectors{7, []Change{{Create, "lines"}}}}},
		"a plugin by URL": {func(w *World) { w.Config.PluginURL = "https://h/p" }, []Step{RequestPlugin{connectclient.FromURL("https://h/p", "")}}},
		"a plugin by URL beside a resource": {func(w *World) {
			served(w)
			w.Config.PluginURL = "https://h/p"
		}, []Step{RequestPlugin{connectclient.FromURL("https://h/p", "")}}},
		"a resource":        {served, []Step{RequestPlugin{connectclient.FromFile("/r/plugin.tar.gz")}}},
		"every unit serves": {func(w *World) { served(w); w.Leader, w.Clusters = false, nil }, []Step{RequestPlugin{connectclient.FromFile("/r/plugin.tar.gz")}}},
		"a resource that is not known takes no plugin away": {func(w *World) {
			w.Resource = Resource{Problem: "no controller"}
		}, nil},
		"a plugin's configuration that is wrong": {func(w *World) {
			w.Config.RequestProblem, w.Config.PluginURL = "bad", "x"
		}, nil},
		"a unit that goes leaves the connectors": {func(w *World) {
			w.Leaving, w.Clusters[0].Connectors, w.Config.Connectors = true, nil, nil
			w.Event.Kind = hook.RelationBroken
		}, nil},
		"a unit that stops":      {func(w *World) { w.Leaving, w.Event.Kind = true, hook.Stop }, []Step{Withdraw{}}},
		"a unit that is removed": {func(w *World) { w.Leaving, w.Event.Kind = true, hook.Remove }, []Step{Withdraw{RemoveFiles: true}}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := inRest()
			test.change(w)
			assert.Equal(t, test.want, steps(w))
		})
	}
}

func TestEveryClusterGetsItsConnectors(t *testing.T) {
	t.Parallel()
	w := inRest()
	w.Clusters = append(w.Clusters, Cluster{Relation: 9, NotReady: errors.New("no")}, Cluster{Relation: 11})
	assert.Contains(t, steps(w), ChangeConnectors{11, []Change{{Create, "lines"}}})
}

func TestAfterAPlanThereIsNothingToDo(t *testing.T) {
	t.Parallel()
	wanted := connectors.Configs{"a": config("/a"), "b": config("/b"), "c": {"connector.class": "X"}}
	there := map[string]Connector{"b": {Config: withName(config("/old"))}, "d": {Config: config("/d")}, "c": {Config: map[string]string{"name": "c"}}}
	for _, change := range plan(wanted, there) {
		delete(there, change.Name)
		if change.Action != Delete {
			there[change.Name] = Connector{Config: wanted[change.Name]}
		}
	}
	assert.Empty(t, plan(wanted, there))
	require.Len(t, there, 3)
}
