package manager

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"connectcharms/requirer-lib/connectors"
)

// lookPatience is how long one look at a cluster may take. Whoever waits for an answer waits for it.
const lookPatience = 10 * time.Second

// sight is what was last seen of a cluster. Who looks at the same time shares one look.
type sight struct {
	changes atomic.Int64 // counts what this manager has done to the cluster

	mu    sync.Mutex
	seen  int64 // of changes, when this was looked at
	at    time.Time
	gone  time.Time                   // since when the cluster does not answer; zero: it does
	there map[string]connectors.Found // as last seen, also where the cluster does not answer now
	err   error                       // of the last look
}

// look gives the connectors of the cluster as they are now or were at most so long ago. What was not answered then is not
// asked again either; nor by those who have waited for it meanwhile.
func (k *keeper) look(ctx context.Context, age time.Duration) (map[string]connectors.Found, error) {
	s := &k.sight
	asked := k.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil && s.at.After(asked) {
		return s.there, s.err
	}
	if s.at.IsZero() || k.now().Sub(s.at) >= age || s.seen != s.changes.Load() {
		k.lookAgain(ctx)
	}
	return s.there, s.err
}

func (k *keeper) lookAgain(ctx context.Context) {
	s := &k.sight
	limited, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	seen := s.changes.Load()
	there, err := k.cluster.owned(k.file()).Observe(limited)
	if ctx.Err() != nil {
		s.err = fmt.Errorf("%w: %w", ErrCluster, ctx.Err())
		return // whoever looked has gone: that says nothing
	}
	was, shown := s.err, s.there
	s.at, s.seen = k.now(), seen
	if s.err = nil; err != nil {
		s.err = unanswered(err)
	} else {
		s.there = there
	}
	k.tellSight(was, shown)
}

// tellSight tells subscribers where the sight is not the one there was.
func (k *keeper) tellSight(was error, shown map[string]connectors.Found) {
	s := &k.sight
	if (was == nil) != (s.err == nil) {
		s.gone = time.Time{}
		k.hub.Tell(k.cluster.Name, OnStatus)
		if s.err != nil {
			s.gone = s.at
			k.log.Error("the cluster does not answer", "error", s.err)
		} else {
			k.log.Info("the cluster answers")
		}
	}
	if !showsAs(shown, s.there) {
		k.hub.Tell(k.cluster.Name, OnConnectors)
	}
}

// changed has the next look be a new one.
func (s *sight) changed() { s.changes.Add(1) }

// last is what was last seen, and when; no time: nothing yet.
func (s *sight) last() (there map[string]connectors.Found, at time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.there, s.at, s.err
}

// showsAs says whether each connector shows as it did. It is asked at every look, of thousands: it makes nothing anew.
func showsAs(before, now map[string]connectors.Found) bool {
	return (before == nil) == (now == nil) && maps.EqualFunc(before, now, func(a, b connectors.Found) bool {
		return a.Status.Name == b.Status.Name && a.Status.Type == b.Status.Type && a.Status.Connector == b.Status.Connector &&
			slices.Equal(a.Status.Tasks, b.Status.Tasks)
	})
}

// outage says since when the cluster does not answer, and how that shows; no time: it does.
func (s *sight) outage() (since time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gone, s.err
}
