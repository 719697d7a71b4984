package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"connectcharms/integrator-charm/internal/cluster"
	"connectcharms/requirer-lib/connect"
)

// condition is something that a connector can be waited for to be.
type condition struct {
	name  string
	holds func(status connect.Status, exists bool) bool
	// isLost says that it will not come about by itself. Nil: it always may.
	isLost func(status connect.Status) bool
}

func inState(name string, state connect.State) *condition {
	return &condition{
		name:  name,
		holds: func(status connect.Status, exists bool) bool { return exists && status.Connector.State == state },
	}
}

// The conditions. A connector runs when every task does: Kafka Connect calls one RUNNING whose tasks have all failed.
var (
	isRunning = &condition{
		name:   "running",
		holds:  func(status connect.Status, exists bool) bool { return exists && status.AllRunning() },
		isLost: connect.Status.AnyFailed,
	}
	isPaused  = inState("paused", connect.Paused)
	isStopped = inState("stopped", connect.Stopped)
	hasFailed = &condition{
		name:  "failed",
		holds: func(status connect.Status, exists bool) bool { return exists && status.AnyFailed() },
	}
	isGone = &condition{name: "gone", holds: func(_ connect.Status, exists bool) bool { return !exists }}
)

const (
	// defaultWait is how long is waited where --timeout does not say.
	defaultWait = 2 * time.Minute
	// lostLooks is how many looks in a row have to find a condition lost: a failure may show for a moment after the restart
	// that has ended it.
	lostLooks = 5
)

// waiting is what is known of connectors that are waited for.
type waiting struct {
	wanted  *condition
	pending []string
	last    map[string]connect.Status
	lost    map[string]int
	errs    map[string]error
}

func newWaiting(names []string, wanted *condition) *waiting {
	return &waiting{
		wanted: wanted, pending: slices.Clone(names),
		last: map[string]connect.Status{}, lost: map[string]int{}, errs: map[string]error{},
	}
}

// await looks until the condition holds for every connector, or is lost, or the time is over: one request each time.
func (s *session) await(ctx context.Context, on *cluster.Cluster, names []string, wanted *condition) map[string]error {
	if s.flags.timeout == 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, defaultWait)
		defer cancel()
	}
	line := s.progress()
	defer line.done()
	ticker := time.NewTicker(s.Every)
	defer ticker.Stop()
	w := newWaiting(names, wanted)
	for {
		listed, err := on.Client.ListConnectors(ctx)
		if err != nil {
			return w.end(ctx, err)
		}
		if w.look(listed); len(w.pending) == 0 {
			return w.errs
		}
		first := w.pending[0]
		line.say("waiting for %d of %d to be %s: %s is %s", len(w.pending), len(names), wanted.name, first, shown(w.last[first]))
		select {
		case <-ctx.Done():
			return w.end(ctx, ctx.Err())
		case <-ticker.C:
		}
	}
}

// look sorts out what has come about, and what never will.
func (w *waiting) look(listed map[string]connect.ListedConnector) {
	w.pending = slices.DeleteFunc(w.pending, func(name string) bool {
		found, exists := listed[name]
		w.last[name] = found.Status
		switch {
		case w.wanted.holds(found.Status, exists):
			return true
		case !exists || w.wanted.isLost == nil || !w.wanted.isLost(found.Status):
			w.lost[name] = 0
			return false
		}
		if w.lost[name]++; w.lost[name] < lostLooks {
			return false
		}
		w.errs[name] = fmt.Errorf("it is not %s, and has failed: see connect-manager status %s", w.wanted.name, name)
		return true
	})
}

// end tells of what is still waited for why it is no longer.
func (w *waiting) end(ctx context.Context, err error) map[string]error {
	for _, name := range w.pending {
		w.errs[name] = err
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			w.errs[name] = withCode(exitTimeOver, fmt.Errorf("it is not %s, the time is over: it is %s", w.wanted.name, shown(w.last[name])))
		}
	}
	return w.errs
}

// shown is a state in words.
func shown(status connect.Status) string {
	if status.Connector.State == "" {
		return "not there"
	}
	v := viewOf("", "", nil, status)
	return fmt.Sprintf("%s, %d of %d tasks run", status.Connector.State, v.running(), len(v.Tasks))
}
