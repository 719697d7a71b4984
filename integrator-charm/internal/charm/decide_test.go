package charm

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/hook"
)

func config(file string) map[string]string {
	return map[string]string{"connector.class": "FileStreamSource", "file": file}
}

// inRest is a leader's world in which one connector runs and no plugin is needed.
func inRest() *World {
	return &World{
		Event: hook.Event{Kind: hook.UpdateStatus, Unit: "integrator/0"}, Leader: true,
		Config:   Config{Connectors: connectors.Desired{"lines": {Config: config("/a")}}, PluginPort: 8080},
		Clusters: []Cluster{{Relation: 7, Report: runs("kafka-connect")}},
	}
}

// runs is the report of one connector with one task.
func runs(provider string) connectors.Report {
	return connectors.Report{Provider: provider, Connectors: []connectors.Result{{
		Name: "lines", Wanted: connect.Running, Exists: true, Status: connect.Status{
			Connector: connect.ConnectorState{State: connect.Running}, Tasks: []connect.TaskState{{State: connect.Running}},
		},
	}}}
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
	request, all := RequestPlugin{connectclient.NotRequired()}, ReconcileConnectors{7}
	cases := map[string]struct {
		change func(*World)
		want   []Step
	}{
		"request and connectors are held against what is there": {func(*World) {}, []Step{request, all}},
		"another unit changes no connector":                     {func(w *World) { w.Leader = false; w.Clusters = nil }, []Step{request}},
		"a configuration that is wrong":                         {func(w *World) { w.Config.Connectors, w.Config.ConnectorsProblem = nil, "line 1" }, []Step{request}},
		"every cluster gets its connectors": {func(w *World) {
			w.Clusters = append(w.Clusters, Cluster{Relation: 11})
		}, []Step{request, all, ReconcileConnectors{11}}},
		"a plugin by URL": {func(w *World) { w.Config.PluginURL = "https://h/p" }, []Step{RequestPlugin{connectclient.FromURL("https://h/p", "")}, all}},
		"a plugin by URL beside a resource": {func(w *World) {
			served(w)
			w.Config.PluginURL = "https://h/p"
		}, []Step{RequestPlugin{connectclient.FromURL("https://h/p", "")}, all}},
		"a resource":        {served, []Step{RequestPlugin{connectclient.FromFile("/r/plugin.tar.gz")}, all}},
		"every unit serves": {func(w *World) { served(w); w.Leader, w.Clusters = false, nil }, []Step{RequestPlugin{connectclient.FromFile("/r/plugin.tar.gz")}}},
		"a resource that is not known takes no plugin away": {func(w *World) {
			w.Resource = Resource{Problem: "no controller"}
		}, []Step{all}},
		"a plugin's configuration that is wrong": {func(w *World) {
			w.Config.RequestProblem, w.Config.PluginURL = "bad", "x"
		}, []Step{all}},
		"a unit that goes leaves the connectors": {func(w *World) {
			w.Leaving, w.Config.Connectors = true, nil
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
