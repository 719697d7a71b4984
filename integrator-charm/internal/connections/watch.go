package connections

import (
	"maps"
	"slices"

	"connectcharms/requirer-lib/connection"
)

// Change is a connection that is not as it was.
type Change struct {
	ID       string
	Resource *connection.Resource // as it is; nil: it is gone
}

// Subscription is what one subscriber has not taken yet. It keeps no states: what it has not taken in time, it gets as it is when it
// does, so a slow one costs no memory and holds up nobody.
type Subscription struct {
	registry *Registry
	news     chan struct{}
	due      map[string]struct{}
}

// Subscribe begins a subscription, which its owner closes. All connections are news to it.
func (r *Registry) Subscribe() *Subscription {
	s := &Subscription{registry: r, news: make(chan struct{}, 1), due: map[string]struct{}{}}
	s.news <- struct{}{}
	r.mu.Lock()
	defer r.mu.Unlock()
	for id := range r.entries {
		s.due[id] = struct{}{}
	}
	r.subs[s] = struct{}{}
	return s
}

// tell is called with what has changed. Under mu.
func (r *Registry) tell(id string) {
	for s := range r.subs {
		s.due[id] = struct{}{}
		select {
		case s.news <- struct{}{}:
		default: // it has not looked yet
		}
	}
	if r.changed != nil {
		r.changed()
	}
}

// News is readable when there is something to take.
func (s *Subscription) News() <-chan struct{} { return s.news }

// Take gives what has changed since the last time, ordered by ID.
func (s *Subscription) Take() (changes []Change) {
	s.registry.mu.Lock()
	defer s.registry.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(s.due)) {
		change := Change{ID: id}
		if one := s.registry.entries[id]; one != nil {
			resource := s.registry.resource(one)
			change.Resource = &resource
		}
		changes = append(changes, change)
	}
	clear(s.due)
	return changes
}

// Close ends the subscription.
func (s *Subscription) Close() {
	s.registry.mu.Lock()
	defer s.registry.mu.Unlock()
	delete(s.registry.subs, s)
}
