package connectors

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"connectcharms/requirer-lib/connect"
)

// Owned are the connectors of one owner on one cluster. No other's is ever changed. They are told by their names, or by a
// mark, or by both; by neither would be all, which is refused.
type Owned struct {
	Client *connect.Client
	Names  Names // nil: the owner's name for a connector is that in Kafka Connect
	Mark   Mark  // empty: all that have such names are its own
}

var errNoOwner = errors.New("neither names nor a mark tell whose connectors are: all on the cluster would be this owner's")

// Options of a call. The zero value will do.
type Options struct {
	// Keep leaves connectors alone that the owner has and that are not desired: for a charm that drives some by itself.
	Keep bool
	// RestartFailed restarts what has failed of a connector that is to run, once in a call. Without it, it stays FAILED
	// until its configuration changes or a person restarts it: Kafka Connect has its own retries for what passes, and
	// whoever restarts in every hook what fails for good hides it.
	RestartFailed bool
	// Adopt are the owner's names of desired connectors that it takes over where they are there and not its own, from
	// whomever. AdoptAll takes over every desired one that is nobody's.
	Adopt    []string
	AdoptAll bool
	// Hold says why a change has to wait, as for an approval; empty: it has not. Nil: none has.
	Hold func(Change) string
	// Progress is told how many of the connectors that are changed are done with, whatever came of it, one call at a time.
	Progress func(done, total int)
	// Patience is how long a call takes at the longest. 0: 30 s. Juju runs a unit's hooks one after the other.
	Patience time.Duration
	// Wait is how long of that to wait for connectors and tasks that were changed, or are on their way to another worker.
	// 0: 10 s; less: not at all.
	Wait time.Duration
	// AtOnce is how many connectors are changed at a time. 0: connect.AtOnce.
	AtOnce int
	// Log gets a line for each action. Nil: none.
	Log *slog.Logger
}

const (
	defaultPatience = 30 * time.Second
	defaultWait     = 10 * time.Second
)

// lookEvery is how often a call looks again. It waits before that, too: a connector that was just given another
// configuration still shows the tasks it had.
const lookEvery = 500 * time.Millisecond

// Plan observes and decides. Nothing is written.
func (o Owned) Plan(ctx context.Context, desired Desired, options Options) (Plan, error) {
	if err := o.check(desired); err != nil {
		return Plan{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(options.Patience, defaultPatience))
	defer cancel()
	there, err := o.Observe(ctx)
	if err != nil {
		return Plan{}, err
	}
	return o.Decide(desired, there, options), nil
}

// Reconcile makes the connectors the desired ones, as far as it can until the context or its patience ends. The error is
// for nil desired connectors, or an owner who is told by nothing: what the cluster refuses, and that it does not answer,
// is in the report.
//
// Two callers at the same time do no harm: what one finds done by the other is done.
func (o Owned) Reconcile(ctx context.Context, desired Desired, options Options) (Report, error) {
	return o.run(ctx, desired, options, false)
}

// Look reports as Reconcile does, and changes nothing.
func (o Owned) Look(ctx context.Context, desired Desired, options Options) (Report, error) {
	return o.run(ctx, desired, options, true)
}

func (o Owned) run(ctx context.Context, desired Desired, options Options, look bool) (Report, error) {
	if err := o.check(desired); err != nil {
		return Report{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(options.Patience, defaultPatience))
	defer cancel()
	run := newRun(o, desired, options, look)
	if run.look(ctx) {
		run.apply(ctx)
		run.await(ctx)
	}
	return run.report(), nil
}

// half of the call's time is the most that one thing may take of it: a look at all connectors, or the change of one.
func (o Options) half() time.Duration { return cmp.Or(o.Patience, defaultPatience) / 2 }

func (o Owned) check(desired Desired) error {
	switch {
	case desired == nil:
		return errNil
	case o.Names == nil && o.Mark == "":
		return errNoOwner
	}
	return nil
}

func (o Owned) connectorName(name string) string {
	if o.Names == nil {
		return name
	}
	return o.Names.ConnectorName(name)
}

func (o Owned) shortName(connector string) (string, bool) {
	if o.Names == nil {
		return connector, true
	}
	return o.Names.ShortName(connector)
}
