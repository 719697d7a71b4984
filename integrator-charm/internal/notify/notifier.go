package notify

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"connectcharms/integrator-charm/internal/store"
)

// Options of a notifier.
type Options struct {
	Config  Config
	KeyFile string // made where there is none; beside the store
	Log     *slog.Logger
	Now     func() time.Time
	// Backoff is how long to wait after an attempt that failed, counted from 1. Nil: Exponential.
	Backoff func(attempt int) time.Duration
}

// Notifier tells owners. Know, Observe and Tell only write down what is to be told: Run delivers it.
type Notifier struct {
	store   *store.Store
	key     Key
	log     *slog.Logger
	now     func() time.Time
	backoff func(int) time.Duration
	routes  atomic.Pointer[routes]
	woken   chan struct{}

	mu       sync.Mutex                    // of what follows, and of one decision at a time
	subjects map[string]map[string]Subject // by cluster and connector, as in the store
	gone     map[string]map[string]time.Time
	dropped  map[Reason]int
	flushed  map[group]time.Time
}

// New makes a notifier on a store. It reads the files that the configuration names.
func New(kept *store.Store, options Options) (*Notifier, error) {
	key, err := OpenKey(options.KeyFile)
	if err != nil {
		return nil, err
	}
	n := &Notifier{
		store: kept, key: key, log: options.Log, now: options.Now, backoff: options.Backoff, woken: make(chan struct{}, 1),
		subjects: map[string]map[string]Subject{}, gone: map[string]map[string]time.Time{},
		dropped: map[Reason]int{}, flushed: map[group]time.Time{},
	}
	if n.backoff == nil {
		n.backoff = Exponential
	}
	return n, n.Configure(options.Config)
}

// Configure has another configuration from now on. One of which a file cannot be read is refused, and nothing changes.
func (n *Notifier) Configure(config Config) error {
	routes, err := resolve(config, n.key)
	if err != nil {
		return err
	}
	n.routes.Store(routes)
	n.wake()
	return nil
}

// Observe is called with each look at a cluster, with all connectors that there are. Owners of what is not well are told, and told again
// by interval; and when it is well again.
func (n *Notifier) Observe(ctx context.Context, cluster string, seen []Seen) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	s, err := n.stages(ctx, cluster)
	if err != nil {
		return err
	}
	var d decision
	for _, one := range seen {
		if err := s.observe(&d, cluster, one, n.subject(cluster, one.Connector)); err != nil {
			return err
		}
		delete(s.notices, one.Connector)
	}
	for _, left := range s.notices { // they are not there any more
		d.ended = append(d.ended, slices.DeleteFunc(left, isTrouble)...)
	}
	return n.accept(ctx, d)
}

func (s stages) observe(d *decision, cluster string, one Seen, subject Subject) error {
	event := subject.event(Failed, cluster, s.now)
	switch {
	case one.Health == Well:
		event.Kind = Recovered
		return s.well(d, event)
	case one.Health == Unclear:
		return nil
	case one.GivenUp:
		event.Kind = GivenUp
	}
	event.Attempts, event.Trace = one.Attempts, cut(one.Trace, longestTrace)
	return s.ill(d, event, subject)
}

// Trouble is called with all that troubles the manager itself about a cluster, and when nothing does any more: matter to text, such as
// "state file" to what is wrong in it. It is told like what has failed, to those of the default route.
func (n *Notifier) Trouble(ctx context.Context, cluster string, matters map[string]string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	s, err := n.stages(ctx, cluster)
	if err != nil {
		return err
	}
	var d decision
	for _, matter := range slices.Sorted(maps.Keys(matters)) {
		event := Event{Kind: Trouble, Cluster: cluster, Matter: matter, At: s.now, Text: cut(matters[matter], longestText)}
		if err := s.ill(&d, event, Subject{}); err != nil {
			return err
		}
		delete(s.notices, event.about())
	}
	for about, left := range s.notices {
		if slices.ContainsFunc(left, isTrouble) {
			event := Event{Kind: Over, Cluster: cluster, Matter: strings.TrimPrefix(about, "\x00"), At: s.now}
			if err := s.well(&d, event); err != nil {
				return err
			}
		}
	}
	return n.accept(ctx, d)
}

func isTrouble(notice store.Notice) bool { return Kind(notice.Kind) == Trouble }

// Tell is called with what was done to connectors.
func (n *Notifier) Tell(ctx context.Context, cluster string, news []News) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	s, err := n.stages(ctx, cluster)
	if err != nil {
		return err
	}
	var d decision
	for _, one := range news {
		subject := n.subject(cluster, one.Connector)
		event := subject.event(one.Kind, cluster, s.now)
		event.Text = cut(one.Text, longestText)
		s.news(&d, event, strings.Join([]string{cluster, one.ID, string(one.Kind)}, " "), subject)
		if one.Kind == Removed {
			d.ended = append(d.ended, s.notices[one.Connector]...)
		}
	}
	return n.accept(ctx, d)
}

// stages has all that decides on a cluster's events.
func (n *Notifier) stages(ctx context.Context, cluster string) (stages, error) {
	if err := n.load(ctx, cluster); err != nil {
		return stages{}, err
	}
	notices, err := n.store.Notices(ctx, cluster)
	if err != nil {
		return stages{}, err
	}
	s := stages{routes: n.routes.Load(), notices: map[string][]store.Notice{}, now: n.now()}
	for _, notice := range notices {
		s.notices[notice.Connector] = append(s.notices[notice.Connector], notice)
	}
	s.silences, err = n.Silences(ctx)
	return s, err
}

// accept writes what was decided. After that it lasts.
func (n *Notifier) accept(ctx context.Context, d decision) error {
	for reason, times := range d.dropped {
		n.dropped[reason] += times
	}
	if len(d.tell)+len(d.noted)+len(d.ended) == 0 {
		return nil
	}
	events := make([]store.Event, len(d.tell))
	for i, one := range d.tell {
		document, err := json.Marshal(one.event)
		if err != nil {
			return err
		}
		events[i] = store.Event{
			ID: cmp.Or(one.id, rand.Text()), Receiver: one.to.name, At: one.event.At, Document: document, Sealed: n.key.sealedAddress(one.to),
		}
	}
	if err := n.store.SaveEvents(ctx, events, d.noted, d.ended); err != nil {
		return fmt.Errorf("tell owners: %w", err)
	}
	n.wake()
	return nil
}

// Dropped counts what was not told, by reason, since the start.
func (n *Notifier) Dropped() map[Reason]int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return maps.Clone(n.dropped)
}

// Receivers lists how deliveries go. A receiver with GivenUp does not get its messages.
func (n *Notifier) Receivers(ctx context.Context) ([]store.Receiver, error) {
	return n.store.Receivers(ctx)
}

func (n *Notifier) wake() {
	select {
	case n.woken <- struct{}{}:
	default: // it is about to look
	}
}
