package connectors_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
)

const fileSource = "org.apache.kafka.connect.file.FileStreamSourceConnector"

// config is a connector's; with tells two apart.
func config(with string) map[string]string {
	return map[string]string{"connector.class": fileSource, "file": with}
}

// listed is a connector as Kafka Connect lists it: with the key name.
func listed(with string, state connect.State, tasks ...connect.State) connect.ListedConnector {
	entry := connect.ListedConnector{Info: connect.Connector{Config: config(with)}}
	entry.Info.Config["name"] = "lines_r7_x"
	entry.Status.Connector.State = state
	for id, task := range tasks {
		entry.Status.Tasks = append(entry.Status.Tasks, connect.TaskState{ID: id, State: task})
	}
	return entry
}

const (
	running    = connect.Running
	paused     = connect.Paused
	stopped    = connect.Stopped
	failed     = connect.Failed
	unassigned = connect.Unassigned
)

func TestPlanNamesWhatDiffersAndNothingElse(t *testing.T) {
	t.Parallel()
	type actions = []connectors.Action
	type keys = []connectors.KeyChange
	file := keys{changed("file", "a", "b")}
	restart := connectors.Options{RestartFailed: true}
	cases := map[string]struct {
		wanted  *connectors.Connector
		there   *connect.ListedConnector
		options connectors.Options
		want    actions
		keys    keys
		refused string
	}{
		"missing":                    {wanted: want("a", ""), want: actions{connectors.Create}, keys: created("a")},
		"missing, to be stopped":     {wanted: want("a", stopped), want: actions{connectors.Create}, keys: created("a")},
		"the same":                   {wanted: want("a", ""), there: is("a", running, running)},
		"another configuration":      {wanted: want("b", ""), there: is("a", running, running), want: actions{connectors.Update}, keys: file},
		"not desired":                {there: is("a", running), want: actions{connectors.Delete}},
		"not desired, kept":          {there: is("a", running), options: connectors.Options{Keep: true}},
		"wrong in itself":            {wanted: want("a", "DESTROYED"), there: is("a", running), refused: `a connector cannot be made "DESTROYED": want RUNNING, PAUSED or STOPPED`},
		"to be paused":               {wanted: want("a", paused), there: is("a", running), want: actions{connectors.Pause}},
		"paused":                     {wanted: want("a", paused), there: is("a", paused, paused)},
		"paused by hand":             {wanted: want("a", ""), there: is("a", paused), want: actions{connectors.Resume}},
		"stopped by hand":            {wanted: want("a", running), there: is("a", stopped), want: actions{connectors.Resume}},
		"to be stopped":              {wanted: want("a", stopped), there: is("a", paused), want: actions{connectors.Stop}},
		"stopped, to be paused":      {wanted: want("a", paused), there: is("a", stopped), want: actions{connectors.Pause}},
		"rests before its update":    {wanted: want("b", paused), there: is("a", running), want: actions{connectors.Pause, connectors.Update}, keys: file},
		"stops before its update":    {wanted: want("b", stopped), there: is("a", paused), want: actions{connectors.Stop, connectors.Update}, keys: file},
		"goes after its update":      {wanted: want("b", ""), there: is("a", paused), want: actions{connectors.Update, connectors.Resume}, keys: file},
		"pauses after its update":    {wanted: want("b", paused), there: is("a", stopped), want: actions{connectors.Update, connectors.Pause}, keys: file},
		"its state does not show":    {wanted: want("a", paused), there: is("a", unassigned)},
		"failed":                     {wanted: want("a", ""), there: is("a", failed)},
		"failed, to be restarted":    {wanted: want("a", ""), there: is("a", failed), options: restart, want: actions{connectors.Restart}},
		"task failed":                {wanted: want("a", ""), there: is("a", running, running, failed)},
		"task failed, to restart":    {wanted: want("a", ""), there: is("a", running, running, failed), options: restart, want: actions{connectors.Restart}},
		"runs, nothing to restart":   {wanted: want("a", ""), there: is("a", running, running), options: restart},
		"an update is a restart":     {wanted: want("b", ""), there: is("a", failed), options: restart, want: actions{connectors.Update}, keys: file},
		"failed, to be paused":       {wanted: want("a", paused), there: is("a", failed), want: actions{connectors.Pause, connectors.Restart}},
		"failed, paused, changed":    {wanted: want("b", paused), there: is("a", failed), want: actions{connectors.Pause, connectors.Update}, keys: file},
		"failed, to be stopped":      {wanted: want("a", stopped), there: is("a", failed), want: actions{connectors.Stop}},
		"paused with a failed task":  {wanted: want("a", paused), there: is("a", paused, failed), options: restart},
		"stopped with a failed task": {wanted: want("a", stopped), there: is("a", stopped, failed), options: restart},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			desired, listed := connectors.Desired{}, map[string]connect.ListedConnector{}
			if test.wanted != nil {
				desired["lines"] = *test.wanted
			}
			if test.there != nil {
				listed["lines"+ownMark] = *test.there
			}
			plan := decide(desired, listed, test.options)
			if test.want == nil && test.refused == "" {
				require.Empty(t, plan.Changes)
				return
			}
			require.Len(t, plan.Changes, 1)
			change := plan.Changes[0]
			assert.Equal(t, append(actions{}, test.want...), change.Actions)
			assert.Equal(t, test.keys, change.Keys)
			assert.Equal(t, test.refused, change.Refused)
			assert.Equal(t, change.Refused == "", change.Reason != "", "whoever is to accept it reads why: %+v", change)
		})
	}
}

// decide plans for connectors that are told by their names.
func decide(desired connectors.Desired, listed map[string]connect.ListedConnector, options connectors.Options) connectors.Plan {
	owned := connectors.Owned{Names: connectors.Suffix(ownMark)}
	return owned.Decide(desired, owned.Of(listed), options)
}

func changed(key, from, to string) connectors.KeyChange {
	return connectors.KeyChange{Key: key, Old: &from, New: &to}
}

func added(key, value string) connectors.KeyChange {
	return connectors.KeyChange{Key: key, New: &value}
}

func created(with string) []connectors.KeyChange {
	return []connectors.KeyChange{added("connector.class", fileSource), added("file", with)}
}

func want(with string, state connect.State) *connectors.Connector {
	return &connectors.Connector{Config: config(with), State: state}
}

func is(with string, state connect.State, tasks ...connect.State) *connect.ListedConnector {
	entry := listed(with, state, tasks...)
	return &entry
}

func TestPlanTellsKeysThatAreAddedChangedAndRemovedInOrder(t *testing.T) {
	t.Parallel()
	desired := connectors.Desired{
		"z":     {Config: config("a")},
		"lines": {Config: map[string]string{"connector.class": fileSource, "file": "b", "batch": ""}},
		"a":     {Config: config("a")},
	}
	there := map[string]connect.ListedConnector{
		"lines" + ownMark: listed("a", running), "gone" + ownMark: listed("a", paused), "same" + ownMark: listed("a", running), "same": listed("b", running),
	}
	there["lines"+ownMark].Info.Config["topic"] = "t"
	desired["same"] = connectors.Connector{Config: config("a")}
	topic := "t"
	assert.Equal(t, connectors.Plan{Unchanged: []string{"same"}, Changes: []connectors.Change{
		{Name: "a", Actions: []connectors.Action{connectors.Create}, Keys: created("a"), To: running, Reason: "not there"},
		{Name: "gone", Actions: []connectors.Action{connectors.Delete}, From: paused, Reason: "not desired any more"},
		{
			Name: "lines", Actions: []connectors.Action{connectors.Update}, From: running, To: running, Reason: "3 keys of its configuration",
			Keys: []connectors.KeyChange{added("batch", ""), changed("file", "a", "b"), {Key: "topic", Old: &topic}},
		},
		{Name: "z", Actions: []connectors.Action{connectors.Create}, Keys: created("a"), To: running, Reason: "not there"},
	}}, decide(desired, there, connectors.Options{}))
}
