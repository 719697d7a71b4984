package charm

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"connectcharms/integrator-charm/internal/settings"
	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/secret"
)

// linesFile is a state file of one connector.
const linesFile = "connectors: [{name: lines, config: {connector.class: FileStreamSource, file: /a}}]"

// inRest is a leader's world in which the manager has what it is to have, one connector runs and no plugin is needed.
func inRest() *World {
	w := &World{
		Event:  hook.Event{Kind: hook.UpdateStatus, Unit: "integrator/0"},
		Layout: layout{charm: "/charm", data: "/data"}, Leader: true,
		Config: Config{PluginPort: 8080, Serve: ServeOptions{Interval: time.Minute, Drift: settings.Repair}},
		State:  StateFile{Text: secret.New(linesFile)},
		Clusters: []Cluster{{
			Relation: 7, Provider: "kafka-connect", Endpoints: []string{"http://10.0.0.1:8083"},
			Username: "relation-7", Password: secret.New("hunter2"), Suffix: "_r7_uuid", Seen: &Seen{Report: runs("kafka-connect")},
		}},
	}
	w.take()
	return w
}

// take has the manager take what it is to have.
func (w *World) take() {
	want := w.wantedManager()
	if want == nil {
		w.Manager = Manager{Files: w.Manager.Files, Given: w.Manager.Given, Note: w.Manager.Note}
		return
	}
	var given settings.Settings
	if err := yaml.Unmarshal([]byte(want.files[settingsFile].Reveal()), &given); err != nil {
		panic(err)
	}
	w.Manager = Manager{Running: true, Files: want.files, Given: &given, Note: want.note}
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
		if run, is := step.(RunManager); is {
			step = RunManager{&wanted{note: run.note}}
		}
		all = append(all, step)
	}
	return all
}

// run is the step that has the manager take what it is now to have.
func run(t *testing.T, w *World) Step {
	want := w.wantedManager()
	require.NotNil(t, want)
	return RunManager{&wanted{note: want.note}}
}

func TestTheStepsThatAreDue(t *testing.T) {
	t.Parallel()
	request, look, keep, connections := RequestPlugin{connectclient.NotRequired()}, LookAtOverlays{7}, KeepConnectors{Relation: 7}, LookAtConnections{}
	cases := map[string]struct {
		change func(*World)
		want   func(t *testing.T, w *World) []Step
	}{
		"request and connectors are held against what is there": {func(*World) {}, func(*testing.T, *World) []Step { return []Step{request, look, keep, connections} }},
		"another unit changes no connector": {func(w *World) { w.Leader = false }, func(t *testing.T, w *World) []Step {
			return []Step{request, run(t, w)}
		}},
		"a standby in rest": {func(w *World) { w.Leader = false; w.take() }, func(*testing.T, *World) []Step { return []Step{request} }},
		"a state file that is wrong leaves all as it is": {func(w *World) {
			w.State = StateFile{Text: secret.New("x"), Problem: "line 1"}
		}, func(*testing.T, *World) []Step { return []Step{request, look, keep, connections} }},
		"another state file": {func(w *World) { w.State.Text = secret.New("connectors: []") }, func(t *testing.T, w *World) []Step {
			return []Step{request, run(t, w), look, keep, connections}
		}},
		"a manager that ended is started": {func(w *World) { w.Manager.Running, w.Manager.Died = false, "panic" }, func(t *testing.T, w *World) []Step {
			return []Step{request, run(t, w)}
		}},
		"no state file stops the manager": {func(w *World) { w.State = StateFile{} }, func(*testing.T, *World) []Step {
			return []Step{request, HaltManager{}, look, keep, connections}
		}},
		"a relation that may end is let be": {func(w *World) { w.Clusters[0].MayEnd = true }, func(*testing.T, *World) []Step {
			return []Step{request, HaltManager{}, connections}
		}},
		"a relation that has ended": {func(w *World) { w.Clusters = nil }, func(*testing.T, *World) []Step {
			return []Step{request, HaltManager{}, connections}
		}},
		"every cluster gets its connectors": {func(w *World) {
			second := w.Clusters[0]
			second.Relation, second.Provider = 11, "other"
			w.Clusters = append(w.Clusters, second)
			w.take()
		}, func(*testing.T, *World) []Step {
			return []Step{request, look, LookAtOverlays{11}, keep, KeepConnectors{Relation: 11}, connections}
		}},
		"drift that is only reported": {func(w *World) { w.Config.Serve.Drift = settings.Report; w.take() }, func(*testing.T, *World) []Step {
			return []Step{request, look, KeepConnectors{Relation: 7, OnlyLook: true}, connections}
		}},
		"the API's port": {func(w *World) {
			w.Config.Serve.Port, w.Config.Serve.WithoutTLS, w.Address = 8081, true, "10.0.0.5"
			w.Ports = Ports{Open: []string{"8080/tcp", "9000/tcp"}, Opened: []int{9000}}
			w.take()
		}, func(*testing.T, *World) []Step {
			return []Step{request, OpenPort{Open: 8081, Close: []int{9000}}, look, keep, connections}
		}},
		"a plugin by URL": {func(w *World) { w.Config.PluginURL = "https://h/p" }, func(*testing.T, *World) []Step {
			return []Step{RequestPlugin{connectclient.FromURL("https://h/p", "")}, look, keep, connections}
		}},
		"a plugin by URL beside a resource": {func(w *World) { served(w); w.Config.PluginURL = "https://h/p" }, func(*testing.T, *World) []Step {
			return []Step{RequestPlugin{connectclient.FromURL("https://h/p", "")}, look, keep, connections}
		}},
		"a resource": {served, func(*testing.T, *World) []Step {
			return []Step{RequestPlugin{connectclient.FromFile("/r/plugin.tar.gz")}, look, keep, connections}
		}},
		"a resource that is not known takes no plugin away": {func(w *World) {
			w.Resource = Resource{Problem: "no controller"}
		}, func(*testing.T, *World) []Step { return []Step{look, keep, connections} }},
		"a plugin's configuration that is wrong": {func(w *World) {
			w.Config.RequestProblem, w.Config.PluginURL = "bad", "x"
		}, func(*testing.T, *World) []Step { return []Step{look, keep, connections} }},
		"a unit that goes leaves the connectors": {func(w *World) {
			w.Leaving, w.Event.Kind = true, hook.RelationBroken
		}, func(*testing.T, *World) []Step { return nil }},
		"a unit that stops": {func(w *World) { w.Leaving, w.Event.Kind = true, hook.Stop }, func(*testing.T, *World) []Step { return []Step{Withdraw{}} }},
		"a unit that stops on a machine": {func(w *World) {
			w.Leaving, w.Event.Kind, w.Event.MachineID = true, hook.Stop, "0"
		}, func(*testing.T, *World) []Step { return []Step{Withdraw{RemoveFiles: true}} }},
		"a unit that is removed": {func(w *World) { w.Leaving, w.Event.Kind = true, hook.Remove }, func(*testing.T, *World) []Step { return []Step{Withdraw{RemoveFiles: true}} }},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := inRest()
			test.change(w)
			want := test.want(t, w)
			assert.Equal(t, want, steps(w))
		})
	}
}
