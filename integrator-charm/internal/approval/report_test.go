package approval_test

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/approval"
	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestTheReportTellsWhatWasAgreedToByWhomAndWhatHappened(t *testing.T) {
	t.Parallel()
	old, with := "a|b", "`c`\n# not a heading <script>"
	d := newDesk(t, "approvals: {teams: {data: [alice, carol]}, rules: [{name: all, approvers: 2, who: {teams: [data]}}]}")
	plan := d.submit(
		connectors.Change{
			Name: "orders", Actions: []connectors.Action{connectors.Pause, connectors.Update}, From: connect.Running, To: connect.Paused, Reason: "topics",
			Keys: []connectors.KeyChange{{Key: "password", Secret: true}, {Key: "topics", Old: &old, New: &with}, {Key: "x", New: &old}, {Key: "y", Old: &old}},
		},
		change("old", connectors.Delete),
	)
	_, err := d.book.Decide(t.Context(), plan.ID, "alice", approval.Approve, "as\nagreed | on <Monday>")
	require.NoError(t, err)
	d.decide(plan, "carol", approval.Approve)
	plan, err = d.book.Applied(t.Context(), plan.ID, 12, []connectors.Result{done("orders"), {Name: "old", Err: errors.New("it is protected")}})
	require.NoError(t, err)

	golden := filepath.Join("testdata", "report.md")
	report := strings.ReplaceAll(plan.Markdown(), plan.ID, "PLAN")
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(report), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	assert.Equal(t, string(want), report)

	text, err := json.Marshal(plan)
	require.NoError(t, err)
	var read approval.Plan
	require.NoError(t, json.Unmarshal(text, &read))
	assert.Equal(t, plan, read)
}
