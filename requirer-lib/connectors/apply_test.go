package connectors_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
)

// saved is a plan as it comes back from where it was saved.
func saved(t *testing.T, plan connectors.Plan) connectors.Plan {
	t.Helper()
	document, err := json.Marshal(plan)
	require.NoError(t, err)
	var back connectors.Plan
	require.NoError(t, json.Unmarshal(document, &back))
	return back
}

func TestAPlanIsOneDocument(t *testing.T) {
	t.Parallel()
	cluster, owned := newMarked(t)
	cluster.put("there", config("x"))
	cluster.put("gone", withMarks(config("x"), "connect.manager", "payments"))
	cluster.put("wait", withMarks(config("x"), "connect.manager", "payments"))
	cluster.put("same", withMarks(config("x"), "connect.manager", "payments"))
	desired := connectors.Desired{
		"there": {Config: config("x")}, "wait": {Config: config("y"), State: paused}, "same": {Config: config("x")},
	}
	plan, err := owned.Plan(t.Context(), desired, connectors.Options{Hold: func(change connectors.Change) string {
		return map[string]string{"wait": "wants approval"}[change.Name]
	}})
	require.NoError(t, err)
	document, err := json.MarshalIndent(plan, "", " ")
	require.NoError(t, err)
	assert.JSONEq(t, `{
		"changes": [
			{"name": "gone", "actions": ["delete"], "from": "RUNNING", "reason": "not desired any more"},
			{"name": "there", "actions": ["adopt"], "from": "RUNNING", "to": "RUNNING", "reason": "it is nobody's",
			 "refused": "a connector of this name is there and not this owner's: adopt it, or choose another name"},
			{"name": "wait", "actions": ["pause", "update"], "keys": [{"key": "file", "old": "x", "new": "y"}],
			 "from": "RUNNING", "to": "PAUSED", "reason": "1 key of its configuration; it is RUNNING, to be PAUSED", "held": "wants approval"}
		],
		"unchanged": ["same"]
	}`, string(document))
	assert.Equal(t, plan, saved(t, plan))
	assert.Len(t, plan.Due(), 1)
}

// TestExactlyAPlanIsApplied or nothing: each case moves something between the plan and its application.
func TestExactlyAPlanIsApplied(t *testing.T) {
	t.Parallel()
	desired := func() connectors.Desired {
		return connectors.Desired{"new": {Config: config("x")}, "old": {Config: config("new")}, "same": {Config: config("x")}}
	}
	for name, moves := range map[string]func(*cluster, connectors.Desired){
		"nothing moved":                nil,
		"made meanwhile":               func(c *cluster, _ connectors.Desired) { c.put("new"+ownMark, config("x")) },
		"done meanwhile":               func(c *cluster, _ connectors.Desired) { c.put("old"+ownMark, config("new")) },
		"another old value":            func(c *cluster, _ connectors.Desired) { c.put("old"+ownMark, config("older")) },
		"one more key":                 func(c *cluster, _ connectors.Desired) { c.put("old"+ownMark, withMarks(config("old"), "a", "b")) },
		"paused meanwhile":             func(c *cluster, _ connectors.Desired) { c.setState("old"+ownMark, paused) },
		"what was right is so no more": func(c *cluster, _ connectors.Desired) { c.put("same"+ownMark, config("y")) },
		"gone meanwhile":               func(c *cluster, _ connectors.Desired) { c.delete("gone" + ownMark) },
		"one more that is not desired": func(c *cluster, _ connectors.Desired) { c.put("more"+ownMark, config("x")) },
		"protected meanwhile": func(c *cluster, _ connectors.Desired) {
			c.put("gone"+ownMark, withMarks(config("x"), "connect.manager.protected", "true"))
		},
		"another value desired": func(_ *cluster, d connectors.Desired) { d["old"] = connectors.Connector{Config: config("newer")} },
		"another state desired": func(_ *cluster, d connectors.Desired) {
			d["new"] = connectors.Connector{Config: config("x"), State: paused}
		},
		"one more is desired":               func(_ *cluster, d connectors.Desired) { d["more"] = connectors.Connector{Config: config("x")} },
		"one is desired no more":            func(_ *cluster, d connectors.Desired) { delete(d, "new") },
		"what had to go is desired again":   func(_ *cluster, d connectors.Desired) { d["gone"] = connectors.Connector{Config: config("x")} },
		"one that is wrong in itself meant": func(_ *cluster, d connectors.Desired) { d["no/name"] = connectors.Connector{} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cluster, owned := newCluster(t)
			for _, there := range []string{"old", "gone"} {
				cluster.put(there+ownMark, config("old"))
			}
			cluster.put("same"+ownMark, config("x"))
			desired := desired()
			plan, err := owned.Plan(t.Context(), desired, connectors.Options{})
			require.NoError(t, err)
			if moves != nil {
				moves(cluster, desired)
			}
			cluster.takeRequests()
			report, err := owned.Apply(t.Context(), desired, saved(t, plan), connectors.Options{Wait: -1})
			if moves != nil {
				require.ErrorIs(t, err, connectors.ErrMoved)
				assert.Contains(t, err.Error(), "connector ")
				assert.Empty(t, cluster.takeWrites())
				return
			}
			require.NoError(t, err)
			require.NoError(t, report.Err())
			assert.Equal(t, connectors.Summary{
				Added: []string{"new"}, Removed: []string{"gone"}, Updated: []string{"old"}, Unchanged: []string{"same"},
				Adopted: []string{}, Paused: []string{}, Resumed: []string{}, Stopped: []string{}, Restarted: []string{}, Failed: []string{}, Held: []string{},
				Reasons: map[string]string{"gone": "not desired any more", "new": "not there", "old": "1 key of its configuration"},
			}, report.Summary())
		})
	}
}

func TestWhatComesUpDuringAPlanIsNotDone(t *testing.T) {
	t.Parallel()
	cluster, owned := newCluster(t)
	desired := connectors.Desired{"a": {Config: config("x")}}
	plan, err := owned.Plan(t.Context(), desired, connectors.Options{})
	require.NoError(t, err)
	cluster.set(func() { cluster.meanwhile = func() { cluster.put("a"+ownMark, config("another's")) } })
	report, err := owned.Apply(t.Context(), desired, plan, connectors.Options{})
	require.NoError(t, err)
	assert.Empty(t, one(t, report).Done)
	assert.Equal(t, []string{"POST a" + ownMark}, cluster.takeWrites(), "an update is not what was planned")
	assert.Equal(t, "another's", cluster.Config("a" + ownMark)["file"])
}

func TestWhatAPlanHeldIsAppliedWhenItIsHeldNoMore(t *testing.T) {
	t.Parallel()
	cluster, owned := newMarked(t)
	cluster.put("theirs", config("x"))
	desired := connectors.Desired{"a": {Config: config("x")}, "theirs": {Config: config("x")}}
	hold := connectors.Options{AdoptAll: true, Hold: func(connectors.Change) string { return "two have to approve" }}
	plan, err := owned.Plan(t.Context(), desired, hold)
	require.NoError(t, err)
	cluster.takeRequests()
	report := reconcile(t, owned, desired, hold)
	assert.Empty(t, cluster.takeWrites())
	require.NoError(t, report.Err(), "that it waits is no error")
	assert.Equal(t, []string{"a", "theirs"}, report.Summary().Held)
	assert.Equal(t, "two have to approve", report.Summary().Reasons["a"])
	assert.Equal(t, "waiting for connector a: two have to approve", report.Status().Message)

	report, err = owned.Apply(t.Context(), desired, saved(t, plan), connectors.Options{Wait: -1, Hold: func(change connectors.Change) string {
		return map[string]string{"a": "one more"}[change.Name]
	}})
	require.NoError(t, err)
	assert.Equal(t, []string{"theirs"}, report.Summary().Adopted, "what a plan adopts needs not be said again")
	assert.Equal(t, []string{"a"}, report.Summary().Held)
	assert.Equal(t, []string{"theirs"}, cluster.Connectors())
}

func TestAClusterThatDoesNotAnswerAPlanIsAProblem(t *testing.T) {
	t.Parallel()
	cluster, owned := newCluster(t)
	cluster.SetPassword("user", "another")
	_, err := owned.Plan(t.Context(), connectors.Desired{}, connectors.Options{})
	require.ErrorIs(t, err, connect.ErrUnauthorized)
	report, err := owned.Apply(t.Context(), connectors.Desired{}, connectors.Plan{}, connectors.Options{Wait: -1})
	require.NoError(t, err)
	require.ErrorIs(t, report.Problem, connect.ErrUnauthorized)
	assert.Contains(t, report.Summary().Problem, "401")
}
