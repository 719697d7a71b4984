package manager

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"connectcharms/integrator-charm/internal/approval"
	"connectcharms/integrator-charm/internal/source"
	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/state"
)

const (
	// turnPatience is how long one sync may take: for thousands of connectors.
	turnPatience = 15 * time.Minute
	// lastMoments is how long a sync goes on when the keeper is to end: what it has begun is mostly done by then, and what is
	// not, the next sync does.
	lastMoments = 5 * time.Second
)

// answer does one sync for all who have asked for one by now.
func (k *keeper) answer(ctx context.Context) {
	k.mu.Lock()
	asks := k.asks
	k.asks = nil
	k.mu.Unlock()
	var names []string
	for _, each := range asks {
		names = append(names, each.by)
	}
	summary, err := k.asSomebodyAsks(ctx, strings.Join(slices.Compact(slices.Sorted(slices.Values(names))), ", "))
	for _, each := range asks {
		each.summary, each.err = summary, err
		close(each.done)
	}
}

// asSomebodyAsks refuses where the newest file cannot be had or is wrong: the one who asks means that one.
func (k *keeper) asSomebodyAsks(ctx context.Context, by string) (connectors.Summary, error) {
	if err := k.fetch(ctx); err != nil {
		return connectors.Summary{}, err
	}
	if err := k.problem(); err != nil {
		return connectors.Summary{}, err
	}
	return k.turn(ctx, by)
}

// turnByItself is the turn of an interval, or of a file that has changed.
func (k *keeper) turnByItself(ctx context.Context) {
	if _, err := k.turn(ctx, ""); err != nil && ctx.Err() == nil {
		k.log.Error("sync", "error", err)
	}
}

// turn makes the connectors those of the file in force, or looks how they are. Nobody has asked for it where by is empty.
func (k *keeper) turn(ctx context.Context, by string) (connectors.Summary, error) {
	k.mu.Lock()
	file, document := k.inner.file, k.inner.inForce
	occasion := occasion{
		isActive: k.cluster.Rules.Active, isAsked: by != "", isNew: k.inner.done != document.Revision, drift: k.cluster.Rules.Drift,
	}
	k.mu.Unlock()
	defer k.note(func(i *inner) { i.turned = k.now() })
	if file == nil {
		return connectors.Summary{}, nil
	}
	k.keepAgain()
	declared, err := k.resolve(file)
	if err != nil {
		return connectors.Summary{}, err
	}
	if there, err := k.look(ctx, freshFor); err == nil {
		k.adoptAll(ctx, there)
	}
	k.layers.placeAgain()
	k.bring(ctx)
	if occasion.decide() == watch {
		return connectors.Summary{}, k.compare(ctx, file, declared)
	}
	return k.change(ctx, work{file: file, document: document, declared: declared, by: by, isNew: occasion.isNew})
}

// resolve gives the file with the secrets of now. Where a reference leads nowhere, the file is no better than a wrong one.
func (k *keeper) resolve(file *state.File) (connectors.Desired, error) {
	desired, err := file.Desired(k.cluster.Secrets)
	dangling, _ := errors.AsType[state.Problems](err)
	var isNews bool
	k.note(func(i *inner) { isNews, i.dangling = len(dangling) != len(i.dangling), dangling })
	if isNews {
		k.hub.Tell(k.cluster.Name, OnStatus)
	}
	return desired, err
}

// compare looks how the connectors are, and notes what has drifted.
func (k *keeper) compare(ctx context.Context, file *state.File, declared connectors.Desired) error {
	there, err := k.look(ctx, 0)
	if err != nil {
		return err
	}
	plan := k.cluster.owned(file).Decide(k.lay(declared, there), there, connectors.Options{})
	k.noteDrift(plan)
	return nil
}

func (k *keeper) noteDrift(plan connectors.Plan) {
	var names []string
	for _, change := range plan.Changes {
		names = append(names, change.Name)
	}
	var isNews bool
	k.note(func(i *inner) { isNews, i.drifted = !slices.Equal(i.drifted, names), names })
	if isNews {
		k.log.Info("connectors are not as the state file has them", "connectors", names)
		k.hub.Tell(k.cluster.Name, OnStatus, OnConnectors)
	}
}

// work is one sync.
type work struct {
	file     *state.File
	document source.Document
	declared connectors.Desired // by the file
	by       string             // empty: the manager itself
	isNew    bool
}

// change makes the connectors those of the file. It ends soon after the context, where it can be taken up again.
func (k *keeper) change(ctx context.Context, w work) (connectors.Summary, error) {
	ctx, end := outlasting(ctx, lastMoments)
	defer end()
	began := k.now()
	k.note(func(i *inner) { i.syncing = true })
	k.hub.Tell(k.cluster.Name, OnStatus)
	report, waiting, err := k.carryOut(ctx, w)
	k.note(func(i *inner) { i.syncing = false })
	if err != nil {
		return connectors.Summary{}, err
	}
	k.record(ctx, w, began, report, waiting)
	if report.Problem != nil && !report.IsChanged() {
		return report.Summary(), unanswered(report.Problem)
	}
	return report.Summary(), nil
}

func unanswered(err error) error {
	if errors.Is(err, ErrCluster) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrCluster, err)
}

// carryOut costs one request where nothing is to be done. What needs approval waits, as the plan that it gives.
func (k *keeper) carryOut(ctx context.Context, w work) (connectors.Report, approval.Plan, error) {
	there, err := k.look(ctx, 0)
	if err != nil {
		return connectors.Report{Problem: err}, approval.Plan{}, nil
	}
	k.introduce(ctx, w.file)
	subject, err := k.subjects(ctx)
	if err != nil {
		return connectors.Report{}, approval.Plan{}, fmt.Errorf("look whose connectors are: %w", err)
	}
	waiting, err := k.submit(ctx, approval.Submission{
		Cluster: k.cluster.Name, Revision: string(w.document.Revision), Author: w.author(), Subject: subject,
		Plan: k.cluster.owned(w.file).Decide(k.lay(w.declared, there), there, connectors.Options{Hold: k.book.Hold(subject)}),
	})
	if err != nil {
		return connectors.Report{}, waiting, err
	}
	report, err := k.reconcile(ctx, w, there, connectors.Options{Hold: k.book.Release(waiting, subject), Patience: turnPatience, Log: k.log})
	return report, waiting, err
}

// reconcile does what is due.
func (k *keeper) reconcile(
	ctx context.Context, w work, there map[string]connectors.Found, options connectors.Options,
) (connectors.Report, error) {
	owned, desired := k.cluster.owned(w.file), k.lay(w.declared, there)
	plan := owned.Decide(desired, there, options)
	if k.settle(ctx, w.declared, plan) {
		desired = k.lay(w.declared, there)
	}
	if len(plan.Due()) == 0 {
		return idle(plan, desired), nil
	}
	warnings := k.warnings(w.file, plan.Due())
	for _, warning := range warnings {
		k.log.Warn("a connector is created that needs a connection that will not do", "warning", warning)
	}
	report, err := owned.Reconcile(ctx, desired, options)
	if err != nil {
		err = fmt.Errorf("sync: %w", err)
	}
	report.Warnings = warnings
	k.forget(ctx, w.declared, report)
	return report, err
}

// idle is the report of a plan of which nothing is due.
func idle(plan connectors.Plan, desired connectors.Desired) (report connectors.Report) {
	for _, name := range plan.Unchanged {
		report.Connectors = append(report.Connectors, connectors.Result{Name: name, Wanted: cmp.Or(desired[name].State, connect.Running)})
	}
	for _, change := range plan.Changes {
		result := connectors.Result{Name: change.Name, Wanted: change.To, Held: change.Held}
		if change.Refused != "" {
			result.Err = errors.New(change.Refused)
		}
		report.Connectors = append(report.Connectors, result)
	}
	return report
}

// outlasting is a context that ends some time after its parent.
func outlasting(parent context.Context, by time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(parent))
	stop := context.AfterFunc(parent, func() { time.AfterFunc(by, cancel) })
	return ctx, func() {
		stop()
		cancel()
	}
}

// note changes what the keeper knows.
func (k *keeper) note(change func(*inner)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	change(&k.inner)
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}
