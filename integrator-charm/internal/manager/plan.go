package manager

import (
	"context"
	"errors"
	"fmt"

	"connectcharms/integrator-charm/internal/approval"
	"connectcharms/integrator-charm/internal/store"
	"connectcharms/requirer-lib/connectors"
)

// submit has what is held wait, as one plan.
func (k *keeper) submit(ctx context.Context, submission approval.Submission) (approval.Plan, error) {
	waiting, err := k.book.Submit(ctx, submission)
	if err != nil {
		return waiting, fmt.Errorf("have changes wait for approval: %w", err)
	}
	var isNews bool
	k.note(func(i *inner) {
		isNews = i.waiting.ID != waiting.ID || i.waiting.State != waiting.State
		i.waiting = waiting
	})
	if isNews {
		k.hub.Tell(k.cluster.Name, OnPlan, OnStatus)
	}
	return waiting, nil
}

// applied notes what became of what was approved.
func (k *keeper) applied(ctx context.Context, waiting approval.Plan, run int64, report connectors.Report) {
	if waiting.State != approval.Approved {
		return
	}
	if _, err := k.book.Applied(ctx, waiting.ID, run, report.Connectors); err != nil {
		k.log.Error("the plan's report lacks what came of it", "plan", waiting.ID, "error", err)
	}
	k.hub.Tell(k.cluster.Name, OnPlan)
}

// Plan is what waits for approval on a cluster or, where nothing does, what a sync would do now, without an ID.
func (m *Manager) Plan(ctx context.Context, cluster, who string) (Plan, error) {
	k, err := m.of(cluster)
	if err != nil {
		return Plan{}, err
	}
	waiting, err := m.book.Current(ctx, k.cluster.Name)
	if err != nil {
		return Plan{}, err
	}
	if waiting.ID != "" {
		plan := planOf(waiting, who)
		plan.Warnings = k.warnings(k.file(), plan.Changes)
		return plan, nil
	}
	return k.preview(ctx)
}

func (k *keeper) preview(ctx context.Context) (Plan, error) {
	preview := Plan{State: "none", Changes: []connectors.Change{}, Needs: []Need{}, Approvals: []Decision{}}
	file := k.file()
	if file == nil {
		return preview, nil
	}
	there, err := k.look(ctx, freshFor)
	if err != nil {
		return preview, err
	}
	declared, err := file.Desired(k.cluster.Secrets)
	if err != nil {
		return preview, err
	}
	subject, err := k.subjects(ctx)
	if err != nil {
		return preview, err
	}
	plan := k.cluster.owned(file).Decide(k.lay(declared, there), there, connectors.Options{Hold: k.book.Hold(subject)})
	preview.Created, preview.Changes, preview.Overlays = k.now(), plan.Changes, plan.Overlays
	preview.Warnings = k.warnings(file, plan.Changes)
	return preview, nil
}

// planOf is a plan as somebody sees it.
func planOf(kept approval.Plan, who string) Plan {
	plan := Plan{
		ID: kept.ID, Created: kept.Created, Revision: kept.Revision, State: string(kept.State), Reason: kept.Reason, Changes: kept.Changes,
		Needs: []Need{}, Approvals: []Decision{}, MayApprove: kept.MayDecide(who) == nil,
	}
	for _, need := range kept.Needs {
		plan.Needs = append(plan.Needs, Need{Change: need.Change, Rule: need.Rule, Count: need.Approvers, Approvers: append([]string{}, need.Who...)})
	}
	for _, said := range kept.Approvals {
		plan.Approvals = append(plan.Approvals, Decision{Who: said.Who, When: said.At, Comment: said.Comment, Verdict: string(said.Verdict)})
	}
	return plan
}

// Approve is somebody's yes to a plan. With the last one that it needs, a sync carries it out.
func (m *Manager) Approve(ctx context.Context, plan, who, comment string) (Plan, error) {
	return m.decide(ctx, plan, who, approval.Approve, comment)
}

// Reject is somebody's no.
func (m *Manager) Reject(ctx context.Context, plan, who, comment string) (Plan, error) {
	return m.decide(ctx, plan, who, approval.Reject, comment)
}

func (m *Manager) decide(ctx context.Context, id, who string, verdict approval.Verdict, comment string) (Plan, error) {
	kept, err := m.book.Plan(ctx, id)
	if err != nil {
		return Plan{}, told(err)
	}
	k, err := m.of(kept.Cluster)
	if err != nil {
		return Plan{}, err
	}
	if !k.cluster.Rules.Active {
		return Plan{}, ErrStandby
	}
	decided, err := m.book.Decide(ctx, id, who, verdict, comment)
	if err != nil {
		return Plan{}, told(err)
	}
	m.log.Info("a person has decided on a plan", "who", who, "plan", id, "verdict", verdict, "state", decided.State)
	m.Tell(kept.Cluster, OnPlan)
	if decided.State == approval.Approved {
		k.wants(who)
	}
	return planOf(decided, who), nil
}

// told is an error of approval as one of this package.
func told(err error) error {
	for theirs, ours := range map[error]error{
		approval.ErrNotFound: ErrNotFound, approval.ErrOver: ErrConflict, approval.ErrNotApprover: ErrForbidden,
	} {
		if errors.Is(err, theirs) {
			return fmt.Errorf("%w: %w", ours, err)
		}
	}
	return err
}

// Plans are those of a cluster that wait or waited for approval, the newest first, older than a number; 0: all.
func (m *Manager) Plans(ctx context.Context, cluster string, limit int, before int64) ([]approval.Plan, error) {
	k, err := m.of(cluster)
	if err != nil {
		return nil, err
	}
	return m.book.Plans(ctx, store.Page{Cluster: k.cluster.Name, Limit: limit, Before: before})
}

// Report is what became of a plan.
func (m *Manager) Report(ctx context.Context, plan string) (approval.Plan, error) {
	kept, err := m.book.Plan(ctx, plan)
	if err != nil {
		return approval.Plan{}, told(err)
	}
	return kept, nil
}
