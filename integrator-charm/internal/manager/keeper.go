package manager

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"connectcharms/integrator-charm/internal/approval"
	"connectcharms/integrator-charm/internal/notify"
	"connectcharms/integrator-charm/internal/source"
	"connectcharms/integrator-charm/internal/store"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/state"
)

// keeper keeps one cluster.
type keeper struct {
	cluster     Cluster
	source      *newest
	kept        lastGood
	store       *store.Store
	book        *approval.Book
	notifier    *notify.Notifier
	connections Connections
	layers      *layers
	backlog     *backlog
	hub         *Hub
	meters      *meters
	now         func() time.Time
	log         *slog.Logger

	pushed chan struct{} // somebody says that the source has something new
	asked  chan struct{} // asks are there
	failed chan struct{} // something may need a restart
	ended  chan struct{} // the keeper keeps nothing any more
	sight  sight

	tending sync.Mutex // a round of restarts, or what a person or a sync does to it
	mu      sync.Mutex
	asks    []*ask
	inner   inner
}

// inner is what a keeper knows.
type inner struct {
	inForce  source.Document
	file     *state.File     // of inForce; nil: there was no good one yet
	done     source.Revision // the file that was carried out whole
	unkept   bool            // these are not on disk: it took them not
	seen     source.Revision // the last one that was looked at, good or wrong
	problems state.Problems  // of that one
	dangling state.Problems  // references of the file in force that lead nowhere
	waiting  approval.Plan   // as last submitted
	turned   time.Time       // when the last turn ended
	syncing  bool
	drifted  []string
	lastSync *Sync
	outcome  string    // of the last run that is in the history
	beat     time.Time // when connectors were last looked at for failures, or were about to be
	backoffs map[string]*backoff
	well     map[string]time.Time // since when connectors run
}

// ask is somebody who waits for a sync that begins after they have asked.
type ask struct {
	by      string
	done    chan struct{}
	summary connectors.Summary
	err     error
}

// run keeps the cluster until the context ends, and returns when nothing is under way any more.
func (k *keeper) run(ctx context.Context) {
	defer close(k.ended)
	var group sync.WaitGroup
	defer group.Wait()
	ctx, end := context.WithCancel(ctx)
	defer end()
	k.recall(ctx)
	looks := make(chan source.Look)
	group.Go(func() { k.follow(ctx, looks) })
	group.Go(func() { k.tend(ctx) })
	again := time.NewTimer(0)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-looks:
			k.take()
			k.turnByItself(ctx)
		case <-k.asked:
			k.answer(ctx)
		case <-k.layers.news:
		case <-again.C:
		}
		if wait := k.bring(ctx); wait > 0 {
			again.Reset(wait)
		}
	}
}

// follow hands on each look at the source; one comes at least once in an interval.
func (k *keeper) follow(ctx context.Context, looks chan<- source.Look) {
	for look := range source.Follow(ctx, k.source.followed(), source.Following{
		Interval: k.cluster.Rules.Interval, Pokes: k.pushed, Log: k.log,
		Check: func(data []byte) error {
			_, err := k.parse(source.Document{Data: data})
			return err
		},
	}) {
		select {
		case looks <- look:
		case <-ctx.Done():
			return
		}
	}
}

// sync waits for a sync that begins now or later. It goes on when nobody waits any more.
func (k *keeper) sync(ctx context.Context, by string) (connectors.Summary, error) {
	if !k.cluster.Rules.Active {
		return connectors.Summary{}, ErrStandby
	}
	wanted := k.wants(by)
	select {
	case <-wanted.done:
		return wanted.summary, wanted.err
	case <-ctx.Done():
		return connectors.Summary{}, ctx.Err()
	case <-k.ended:
		return connectors.Summary{}, ErrEnding
	}
}

// wants asks for a sync and does not wait for it.
func (k *keeper) wants(by string) *ask {
	wanted := &ask{by: by, done: make(chan struct{})}
	k.mu.Lock()
	k.asks = append(k.asks, wanted)
	k.mu.Unlock()
	poke(k.asked)
	return wanted
}

// poke leaves word where none is left yet.
func poke(at chan struct{}) {
	select {
	case at <- struct{}{}:
	default:
	}
}
