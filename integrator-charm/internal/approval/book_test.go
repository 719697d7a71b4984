package approval_test

import (
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/approval"
	"connectcharms/integrator-charm/internal/store"
	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
)

var morning = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// desk is a book on a store of its own, with a clock that stands.
type desk struct {
	t    *testing.T
	book *approval.Book
	now  time.Time
}

const deletes = `
approvals:
  expires: 72h
  rules:
    - {name: deletes, match: {changes: [delete]}, approvers: 2}
`

func newDesk(t *testing.T, rules string) *desk {
	t.Helper()
	kept, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "manager.db"), store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, kept.Close()) })
	d := &desk{t: t, now: morning}
	d.book = approval.New(kept, config(t, rules), func() time.Time { return d.now })
	return d
}

func done(name string) connectors.Result {
	return connectors.Result{Name: name, Done: []connectors.Action{connectors.Delete}}
}

func nobodys(string) approval.Subject { return approval.Subject{} }

// submit plans these changes and submits them, as a sync does.
func (d *desk) submit(changes ...connectors.Change) approval.Plan {
	d.t.Helper()
	hold := d.book.Hold(nobodys)
	for i := range changes {
		changes[i].Held = hold(changes[i])
	}
	plan, err := d.book.Submit(d.t.Context(), approval.Submission{
		Cluster: "east", Revision: "r1", Author: "bob", Plan: connectors.Plan{Changes: changes}, Subject: nobodys,
	})
	require.NoError(d.t, err)
	return plan
}

func (d *desk) decide(plan approval.Plan, who string, verdict approval.Verdict) approval.Plan {
	d.t.Helper()
	decided, err := d.book.Decide(d.t.Context(), plan.ID, who, verdict, "")
	require.NoError(d.t, err)
	return decided
}

func (d *desk) released(plan approval.Plan, change connectors.Change) bool {
	return d.book.Release(plan, nobodys)(change) == ""
}

func (d *desk) state(id string) approval.State {
	d.t.Helper()
	plan, err := d.book.Plan(d.t.Context(), id)
	require.NoError(d.t, err)
	return plan.State
}

func TestWhatNoRuleIsForNeedsNoPlan(t *testing.T) {
	t.Parallel()
	d := newDesk(t, deletes)
	create := change("a", connectors.Create)
	assert.Empty(t, d.submit(create))
	assert.True(t, d.released(approval.Plan{}, create))
	current, err := d.book.Current(t.Context(), "east")
	require.NoError(t, err)
	assert.Empty(t, current)
}

func TestAPlanWaitsForAllWhoHaveToAgree(t *testing.T) {
	t.Parallel()
	d := newDesk(t, deletes)
	remove := change("a", connectors.Delete)
	plan := d.submit(change("new", connectors.Create), remove)
	assert.Equal(t, approval.Pending, plan.State)
	require.Len(t, plan.Changes, 1, "what need not wait is not part of it")
	assert.Equal(t, "waits for approval (deletes)", plan.Changes[0].Held)
	assert.False(t, d.released(plan, remove))

	plan = d.decide(plan, "alice", approval.Approve)
	assert.Equal(t, approval.Pending, plan.State)
	plan = d.decide(plan, "alice", approval.Approve)
	assert.Equal(t, approval.Pending, plan.State, "one person counts once")
	plan = d.decide(plan, "carol", approval.Approve)
	assert.Equal(t, approval.Approved, plan.State)

	again := d.submit(remove)
	assert.Equal(t, plan.ID, again.ID, "the same changes are the same plan")
	assert.True(t, d.released(again, remove))
	assert.False(t, d.released(again, change("b", connectors.Delete)), "nobody has agreed to that one")
}

func TestApprovalIsForExactlyTheseChanges(t *testing.T) {
	t.Parallel()
	text := func(text string) *string { return &text }
	update := func(value string) connectors.Change {
		return connectors.Change{Name: "a", Actions: []connectors.Action{connectors.Update}, Keys: []connectors.KeyChange{{Key: "topics", New: text(value)}}}
	}
	d := newDesk(t, "approvals: {rules: [{name: all}]}")
	first := d.decide(d.submit(update("x")), "alice", approval.Approve)
	require.Equal(t, approval.Approved, first.State)
	second := d.submit(update("y"))
	assert.NotEqual(t, first.ID, second.ID)
	assert.Equal(t, approval.Pending, second.State)
	assert.Equal(t, approval.Superseded, d.state(first.ID))
	assert.False(t, d.released(first, update("y")))

	third := d.submit(update("x"))
	assert.Equal(t, approval.Pending, third.State, "what was agreed to before it became another has to be agreed to again")
	assert.Empty(t, d.submit())
	assert.Equal(t, approval.Superseded, d.state(third.ID))
}

func TestWhatAClusterShowsMeanwhileIsNoOtherPlan(t *testing.T) {
	t.Parallel()
	d := newDesk(t, deletes)
	running, failed := change("a", connectors.Delete), change("a", connectors.Delete)
	running.From, failed.From, failed.Reason = connect.Running, connect.Failed, "another reason"
	assert.Equal(t, d.submit(running).ID, d.submit(failed).ID)
}

func TestTheAuthorDoesNotCountUnlessTheRuleSaysSo(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		rule  string
		state approval.State
	}{
		"not":           {"{name: all}", ""},
		"where allowed": {"{name: all, author-may-approve: true}", approval.Approved},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, "approvals: {rules: ["+test.rule+"]}")
			plan, err := d.book.Decide(t.Context(), d.submit(change("a", connectors.Create)).ID, "bob", approval.Approve, "")
			assert.Equal(t, test.state, plan.State)
			assert.Equal(t, test.state == "", errors.Is(err, approval.ErrNotApprover))
		})
	}
}

func TestWhoIsNotNamedDoesNotDecide(t *testing.T) {
	t.Parallel()
	d := newDesk(t, `approvals: {teams: {data: [carol]}, rules: [{name: r, who: {users: [alice], teams: [data]}}]}`)
	plan := d.submit(change("a", connectors.Create))
	for _, verdict := range []approval.Verdict{approval.Approve, approval.Reject} {
		_, err := d.book.Decide(t.Context(), plan.ID, "mallory", verdict, "")
		require.ErrorIs(t, err, approval.ErrNotApprover)
		require.ErrorContains(t, err, "r: one of alice, carol has to")
	}
	assert.Equal(t, approval.Approved, d.decide(plan, "carol", approval.Approve).State)
}

func TestARejectionStandsUntilItsAuthorTakesItBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t, deletes)
	remove := change("a", connectors.Delete)
	plan := d.submit(remove)
	d.decide(plan, "alice", approval.Approve)
	d.decide(plan, "carol", approval.Approve)
	plan = d.decide(plan, "dave", approval.Reject)
	assert.Equal(t, approval.Rejected, plan.State)
	plan = d.submit(remove)
	assert.Equal(t, approval.Rejected, plan.State, "the next sync does not ask again")
	assert.False(t, d.released(plan, remove))
	assert.Equal(t, approval.Approved, d.decide(plan, "dave", approval.Approve).State)
}

func TestAPlanThatHasWaitedTooLongBeginsAnew(t *testing.T) {
	t.Parallel()
	d := newDesk(t, deletes)
	remove := change("a", connectors.Delete)
	plan := d.submit(remove)
	d.decide(plan, "alice", approval.Approve)
	d.now = morning.Add(72 * time.Hour)
	_, err := d.book.Decide(t.Context(), plan.ID, "carol", approval.Approve, "")
	require.ErrorIs(t, err, approval.ErrOver)
	anew := d.submit(remove)
	assert.NotEqual(t, plan.ID, anew.ID)
	assert.Empty(t, anew.Approvals)
	assert.Equal(t, approval.Expired, d.state(plan.ID))
	_, err = d.book.Decide(t.Context(), plan.ID, "carol", approval.Approve, "")
	require.ErrorIs(t, err, approval.ErrOver)
}

func TestStricterRulesHoldForWhatWaits(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "approvals: {rules: [{name: all}]}")
	remove := change("a", connectors.Delete)
	assert.Equal(t, approval.Approved, d.decide(d.submit(remove), "alice", approval.Approve).State)
	d.book.Configure(config(t, deletes))
	assert.Equal(t, approval.Pending, d.submit(remove).State)
}

func TestTheRestOfAnApprovedPlanIsStillApproved(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "approvals: {rules: [{name: all}]}")
	a, b, c := change("a", connectors.Delete), change("b", connectors.Delete), change("c", connectors.Delete)
	plan := d.decide(d.submit(a, b, c), "alice", approval.Approve)
	d.now = d.now.Add(time.Minute)
	plan, err := d.book.Applied(t.Context(), plan.ID, 7, []connectors.Result{done("a"), {Name: "b", Err: errors.New("409")}, {Name: "c"}, done("other")})
	require.NoError(t, err)
	assert.Equal(t, approval.Approved, plan.State)
	assert.Equal(t, &approval.Outcome{At: d.now, Run: 7, Done: []string{"a"}, Failed: map[string]string{"b": "409"}}, plan.Outcome)

	rest := d.submit(b, c)
	assert.Equal(t, plan.ID, rest.ID)
	assert.True(t, d.released(rest, b))
	assert.False(t, d.released(rest, a), "once only")
	plan, err = d.book.Applied(t.Context(), plan.ID, 8, []connectors.Result{done("b"), done("c")})
	require.NoError(t, err)
	assert.Equal(t, approval.Applied, plan.State)
	assert.Equal(t, &approval.Outcome{At: d.now, Run: 8, Done: []string{"a", "b", "c"}, Failed: map[string]string{}}, plan.Outcome)
	_, err = d.book.Decide(t.Context(), plan.ID, "alice", approval.Approve, "")
	require.ErrorIs(t, err, approval.ErrOver)
	assert.Equal(t, approval.Pending, d.submit(a).State, "the same once more is a new plan")
}

func TestAPlanOfWhichTheRestWasDoneOtherwiseIsApplied(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "approvals: {rules: [{name: all}]}")
	plan := d.decide(d.submit(change("a", connectors.Delete), change("b", connectors.Delete)), "alice", approval.Approve)
	_, err := d.book.Applied(t.Context(), plan.ID, 1, []connectors.Result{done("a"), {Name: "b"}})
	require.NoError(t, err)
	assert.Equal(t, approval.Approved, d.state(plan.ID), "nobody has said that b is done")
	d.submit()
	assert.Equal(t, approval.Applied, d.state(plan.ID))
}

func TestAnotherClustersPlansAreItsOwn(t *testing.T) {
	t.Parallel()
	d := newDesk(t, deletes)
	plan := d.submit(change("a", connectors.Delete))
	_, err := d.book.Submit(t.Context(), approval.Submission{Cluster: "west", Subject: nobodys})
	require.NoError(t, err)
	current, err := d.book.Current(t.Context(), "east")
	require.NoError(t, err)
	assert.Equal(t, plan, current)
	_, err = d.book.Plan(t.Context(), "../none")
	require.ErrorIs(t, err, approval.ErrNotFound)
}

// Ten people decide at once, while the file changes: nobody's word is lost, and one plan is left.
func TestDecisionsAtTheSameTimeAllCount(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "approvals: {rules: [{name: all, approvers: 10}]}")
	plan := d.submit(change("a", connectors.Delete))
	var all sync.WaitGroup
	for _, who := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"} {
		all.Go(func() {
			_, err := d.book.Decide(t.Context(), plan.ID, who, approval.Approve, "")
			assert.NoError(t, err)
		})
	}
	all.Wait()
	assert.Equal(t, approval.Approved, d.state(plan.ID))
	plans, err := d.book.Plans(t.Context(), store.Page{Cluster: "east"})
	require.NoError(t, err)
	assert.Len(t, slices.DeleteFunc(plans, func(plan approval.Plan) bool { return !plan.State.IsOpen() }), 1)
}

func TestOtherOffsetsAreAnotherPlan(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "approvals: {rules: [{name: beginnings, match: {changes: [set-offsets]}}]}")
	beginning := func(at int64) connectors.Change {
		begins := change("a", connectors.Create, connectors.SetOffsets)
		begins.Offsets = []connect.Offset{connect.SinkOffset("orders", 0, at)}
		return begins
	}
	first := d.decide(d.submit(beginning(1200)), "alice", approval.Approve)
	assert.True(t, d.released(first, beginning(1200)))
	assert.False(t, d.released(first, beginning(0)), "nobody has agreed to that")
	assert.Contains(t, first.Markdown(), "  - `{\"kafka_partition\":0,\"kafka_topic\":\"orders\"}`: begins at `{\"kafka_offset\":1200}`\n")
	second := d.submit(beginning(0))
	assert.Equal(t, approval.Pending, second.State)
	assert.Equal(t, approval.Superseded, d.state(first.ID))
}
