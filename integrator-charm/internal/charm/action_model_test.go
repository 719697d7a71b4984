package charm_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/jujutest"
)

// act runs an action, and gives its result.
func (w *world) act(unit, action string, params map[string]any) jujutest.ActionResult {
	w.t.Helper()
	result, err := w.RunAction(w.t.Context(), unit, action, params)
	require.NoError(w.t, err)
	return result
}

// told is the result of an action that is to succeed.
func (w *world) told(unit, action string, params map[string]any, into any) {
	w.t.Helper()
	result := w.act(unit, action, params)
	require.Equal(w.t, "completed", result.Status, result.Message)
	if into != nil {
		text, _ := result.Results["result"].(string)
		require.NoError(w.t, json.Unmarshal([]byte(text), into), text)
	}
}

func TestActionsDoWhatTheyAreCalled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jujutest.DeployOptions{Config: map[string]any{"state": sole, "interval": "1h"}})
	assert.Contains(t, w.act("integrator/0", "list", nil).Message, "juju status says why")
	w.integrate()
	for action, params := range map[string]map[string]any{
		"plan": nil, "list": nil, "status": nil, "export": nil, "plugins": nil, "history": nil, "silences": nil,
		"wait": {"names": "lines", "seconds": 60},
	} {
		var answer any
		w.told("integrator/0", action, params, &answer)
	}
	w.told("integrator/0", "pause", map[string]any{"names": "lines"}, nil)
	status, err := w.client().Status(t.Context(), w.full("lines"))
	require.NoError(t, err)
	assert.Equal(t, connect.Paused, status.Connector.State)
	w.told("integrator/0", "resume", map[string]any{"names": "lines"}, nil)
	w.told("integrator/0", "restart", map[string]any{"names": "lines"}, nil)
	w.told("integrator/0", "delete", map[string]any{"names": "lines"}, nil)
	assert.Empty(t, w.cluster.Connectors())
	assert.Contains(t, w.act("integrator/0", "pause", map[string]any{"names": "none"}).Message, "none")

	w.told("integrator/0", "validate", nil, &struct{}{})
	w.configure("connectors: [{name: lines, pausedd: true, config: {connector.class: FileStreamSource}}]")
	result := w.act("integrator/0", "validate", nil)
	assert.Equal(t, "failed", result.Status)
	assert.Equal(t, `Cannot find field: pausedd in message com.massmutual.streaming.model.SPConnectorDefinition (line 1, column 28; did you mean "paused"?)`, result.Message)
}

func TestAChangeThatWantsApprovalWaitsForTheAction(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jujutest.DeployOptions{Config: map[string]any{"state": sole, "approvals": "rules: [{name: deletions, match: {changes: [delete]}}]"}})
	w.integrate()
	w.cluster.TakeWrites()
	w.configure("connectors: []")
	w.requires("integrator/0", "waiting", "approval of 1 of the changes: run the action plan")
	var plan struct{ ID, State string }
	w.told("integrator/0", "plan", nil, &plan)
	require.NotEmpty(t, plan.ID)
	assert.Empty(t, w.cluster.TakeWrites())
	w.told("integrator/0", "approve", map[string]any{"plan": plan.ID, "comment": "lines has moved"}, &plan)
	require.NoError(t, w.UpdateStatus())
	w.settle()
	w.requires("integrator/0", "active", "no connectors configured")
	w.wrote("DELETE /connectors/lines*")
	var report struct{ State string }
	w.told("integrator/0", "report", map[string]any{"plan": plan.ID}, &report)
	assert.Equal(t, "applied", report.State)

	w.set(map[string]any{"approvals": "rules: [{nam: deletions}]"})
	w.requires("integrator/0", "blocked", "Connect Manager refuses its configuration: ")
	require.NoError(t, w.UpdateStatus())
	w.settle()
	w.requires("integrator/0", "blocked", "Connect Manager refuses its configuration: ")
	w.set(map[string]any{"approvals": ""})
	w.requires("integrator/0", "active", "no connectors configured")
}
