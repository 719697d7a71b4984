package connectors

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"connectcharms/requirer-lib/connect"
)

// Names is the rule by which connectors have an owner. A *connectclient.Connection is one.
type Names interface {
	// ConnectorName is the name in Kafka Connect of what the owner calls name.
	ConnectorName(name string) string
	// ShortName undoes ConnectorName; false for a connector of another owner.
	ShortName(connector string) (name string, owned bool)
}

// Owned are the connectors of one owner on one cluster. No other's is ever changed.
type Owned struct {
	Client *connect.Client
	Names  Names
}

// Options of a call. The zero value will do.
type Options struct {
	// Keep leaves connectors alone that the owner has and that are not desired: for a charm that drives some by itself.
	Keep bool
	// RestartFailed restarts what has failed of a connector that is to run, once in a call. Without it, it stays FAILED
	// until its configuration changes or a person restarts it: Kafka Connect has its own retries for what passes, and
	// whoever restarts in every hook what fails for good hides it.
	RestartFailed bool
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
	lookPatience    = 10 * time.Second // for one look at all connectors
)

// lookEvery is how often a call looks again. It waits before that, too: a connector that was just given another
// configuration still shows the tasks it had.
const lookEvery = 500 * time.Millisecond

// Observe gives the connectors there are, by the owner's names for them, in one request.
func (o Owned) Observe(ctx context.Context) (map[string]connect.ListedConnector, error) {
	listed, err := o.Client.ListConnectors(ctx)
	if err != nil {
		return nil, err
	}
	there := map[string]connect.ListedConnector{}
	for connector, entry := range listed {
		if name, owned := o.Names.ShortName(connector); owned {
			there[name] = entry
		}
	}
	return there, nil
}

// Reconcile makes the connectors the desired ones, as far as it can until the context or its patience ends. The error is
// for nil desired connectors alone: what the cluster refuses, and that it does not answer, is in the report.
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
	if desired == nil {
		return Report{}, errNil
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
