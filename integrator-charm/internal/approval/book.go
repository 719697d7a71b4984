package approval

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"connectcharms/integrator-charm/internal/store"
	"connectcharms/requirer-lib/connectors"
)

// What a person cannot do, for errors.Is.
var (
	ErrNotFound    = store.ErrNotFound
	ErrOver        = errors.New("the plan is over")            // it is not that of its cluster any more
	ErrNotApprover = errors.New("this person does not decide") // nor ever will, on this plan
)

// Book holds the plans of all clusters that wait for approval, and those that did.
type Book struct {
	store  *store.Store
	now    func() time.Time
	config atomic.Pointer[Config]
}

// New opens the book.
func New(kept *store.Store, config Config, now func() time.Time) *Book {
	book := &Book{store: kept, now: now}
	book.Configure(config)
	return book
}

// Configure has other rules from now on. A plan that waits gets its needs by them when it is submitted again.
func (b *Book) Configure(config Config) { b.config.Store(&config) }

// Hold is connectors.Options.Hold while planning: it names the rules that a change has to wait for.
func (b *Book) Hold(subject func(connector string) Subject) func(connectors.Change) string {
	config := b.config.Load()
	return func(change connectors.Change) string {
		if needs := config.Needs(change, subject(change.Name)); len(needs) > 0 {
			return whyHeld(needs)
		}
		return ""
	}
}

// Submission is the plan of a cluster as it is now, made with Hold.
type Submission struct {
	Cluster  string
	Revision string // of the state file
	Author   string // whoever asked for it; empty: not known, as of a push
	Plan     connectors.Plan
	Subject  func(connector string) Subject
}

// Submit is called with each new plan of a cluster, before it is applied, and gives what of it waits: a plan that is pending, rejected or
// approved; the zero one where nothing waits. The same changes are the same plan. Others supersede it, and nobody has agreed to them
// yet. Once some of an approved plan was applied, the rest of it is still approved.
func (b *Book) Submit(ctx context.Context, s Submission) (Plan, error) {
	held := slices.DeleteFunc(slices.Clone(s.Plan.Changes), func(change connectors.Change) bool { return change.Held == "" })
	var current Plan
	written, err := b.change(ctx, s.Cluster, func(open []Plan) ([]Plan, error) {
		var err error
		current, open, err = b.config.Load().submit(open, s, held, b.now())
		return open, err
	})
	if err != nil || current.State == "" {
		return Plan{}, err
	}
	return written[len(written)-1], nil
}

// Release is connectors.Options.Hold while applying what Submit has given: changes that wait go on waiting, unless they were agreed to.
func (b *Book) Release(plan Plan, subject func(connector string) Subject) func(connectors.Change) string {
	hold := b.Hold(subject)
	return func(change connectors.Change) string {
		if plan.State == Approved && plan.covers(change) {
			return ""
		}
		return hold(change)
	}
}

// Decide writes what a person says of a plan, and gives the plan as it is then. Of each person, what was said last holds.
func (b *Book) Decide(ctx context.Context, id, who string, verdict Verdict, comment string) (Plan, error) {
	return b.changeOne(ctx, id, func(plan *Plan) error {
		if err := plan.MayDecide(who); err != nil {
			return err
		}
		now := b.now()
		if plan.isOld(b.config.Load().Expires, now) {
			return fmt.Errorf("%w: it has waited for too long, and will be submitted anew", ErrOver)
		}
		plan.Approvals = append(plan.Approvals, Approval{Who: who, Verdict: verdict, Comment: comment, At: now})
		plan.move(judge(*plan), "", now)
		return nil
	})
}

// Applied writes what happened to an approved plan: the results of the run that it was released for. It is over when all of it is done.
func (b *Book) Applied(ctx context.Context, id string, run int64, results []connectors.Result) (Plan, error) {
	return b.changeOne(ctx, id, func(plan *Plan) error {
		now := b.now()
		plan.apply(run, results, now)
		if len(plan.rest()) == 0 {
			plan.move(Applied, "", now)
		}
		return nil
	})
}

// Current is the plan of a cluster that waits; the zero one where none does.
func (b *Book) Current(ctx context.Context, cluster string) (Plan, error) {
	plans, err := b.Plans(ctx, store.Page{Cluster: cluster, Limit: 1})
	if err != nil || len(plans) == 0 || !plans[0].State.IsOpen() {
		return Plan{}, err
	}
	return plans[0], nil
}

// Plan gives a plan, or ErrNotFound.
func (b *Book) Plan(ctx context.Context, id string) (Plan, error) {
	kept, err := b.store.Plan(ctx, id)
	if err != nil {
		return Plan{}, fmt.Errorf("plan %.40q: %w", id, err)
	}
	return read(kept)
}

// Plans lists plans, the newest first; Page.Before is a plan's number.
func (b *Book) Plans(ctx context.Context, page store.Page) ([]Plan, error) {
	kept, err := b.store.Plans(ctx, page)
	if err != nil {
		return nil, err
	}
	return readAll(kept)
}

func (b *Book) changeOne(ctx context.Context, id string, change func(*Plan) error) (Plan, error) {
	found, err := b.Plan(ctx, id)
	if err != nil {
		return Plan{}, err
	}
	written, err := b.change(ctx, found.Cluster, func(open []Plan) ([]Plan, error) {
		i := slices.IndexFunc(open, func(plan Plan) bool { return plan.ID == id })
		if i < 0 {
			return nil, fmt.Errorf("%w: %s", ErrOver, found.State)
		}
		return open[i : i+1], change(&open[i])
	})
	if err != nil {
		return Plan{}, err
	}
	return written[0], nil
}

// change is ChangePlans in this package's types.
func (b *Book) change(ctx context.Context, cluster string, change func(open []Plan) ([]Plan, error)) ([]Plan, error) {
	written, err := b.store.ChangePlans(ctx, cluster, func(kept []store.Plan) ([]store.Plan, error) {
		open, err := readAll(kept)
		if err != nil {
			return nil, err
		}
		changed, err := change(open)
		if err != nil {
			return nil, err
		}
		return recordAll(changed)
	})
	if err != nil {
		return nil, err
	}
	return readAll(written)
}

func readAll(kept []store.Plan) (plans []Plan, err error) {
	plans = make([]Plan, len(kept))
	for i := range kept {
		if plans[i], err = read(kept[i]); err != nil {
			return nil, err
		}
	}
	return plans, nil
}

func recordAll(plans []Plan) (kept []store.Plan, err error) {
	kept = make([]store.Plan, len(plans))
	for i := range plans {
		if kept[i], err = plans[i].record(); err != nil {
			return nil, err
		}
	}
	return kept, nil
}
