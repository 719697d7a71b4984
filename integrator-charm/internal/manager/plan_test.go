package manager_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/approval"
	"connectcharms/integrator-charm/internal/manager"
	"connectcharms/requirer-lib/connectors"
)

// careful is a stage on which deletions of the team data's connectors need two approvers.
func careful(t *testing.T) *stage {
	t.Helper()
	s := newStage(t)
	s.approvals = approval.Config{Expires: 1e15, Rules: []approval.Rule{{
		Name: "deletions", Match: approval.Match{Owners: []string{"data"}, Changes: []connectors.Action{connectors.Delete}}, Approvers: 2,
	}}}
	s.begin()
	s.keep("defaults: {owner: {team: data}}\n" + lines)
	return s
}

func TestWhatNeedsApprovalWaitsAndIsCarriedOutWithTheLastYes(t *testing.T) {
	t.Parallel()
	s := careful(t)
	before, err := s.Plan(t.Context(), "", "bob")
	require.NoError(t, err)
	assert.Empty(t, before.ID)
	assert.Empty(t, before.Changes)

	s.write("connectors: []")
	assert.Equal(t, map[string][]string{"held": {"lines"}}, s.sync(), "whose it was is known though the file says it no more")
	s.again()
	waiting, err := s.Plan(t.Context(), "", "bob")
	require.NoError(t, err)
	assert.Equal(t, "pending", waiting.State)
	assert.Equal(t, []manager.Need{{Change: "lines", Rule: "deletions", Count: 2, Approvers: []string{}}}, waiting.Needs)
	assert.True(t, waiting.MayApprove)

	_, err = s.Approve(t.Context(), waiting.ID, "bob", "it is old")
	require.NoError(t, err)
	assert.Equal(t, map[string][]string{"held": {"lines"}}, s.sync(), "one is not enough")
	_, err = s.Approve(t.Context(), waiting.ID, "eve", "")
	require.NoError(t, err)
	s.until(func() bool { return len(s.server.Connectors()) == 0 })
	s.until(func() bool {
		report, err := s.Report(t.Context(), waiting.ID)
		return err == nil && report.State == approval.Applied && report.Outcome.Run == s.newest().ID
	})
	assert.Equal(t, waiting.ID, s.newest().Plan)
	_, err = s.Reject(t.Context(), waiting.ID, "eve", "")
	require.ErrorIs(t, err, manager.ErrConflict)
	_, err = s.Approve(t.Context(), "none", "eve", "")
	require.ErrorIs(t, err, manager.ErrNotFound)
}

func TestThePlanThatWaitsForNobodyIsWhatASyncWouldDo(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.keep(lines)
	require.NoError(t, s.client().Delete(t.Context(), "lines"))
	s.until(func() bool {
		plan, err := s.Plan(t.Context(), "", "bob")
		return err == nil && plan.ID == "" && len(plan.Changes) == 1 && plan.Changes[0].Name == "lines"
	})
}
