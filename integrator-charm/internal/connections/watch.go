package connections

import (
	"maps"
	"slices"

	"connectcharms/integrator-charm/internal/news"
	"connectcharms/requirer-lib/connection"
)

// Change is a connection that is not as it was.
type Change struct {
	ID       string
	Resource *connection.Resource // as it is; nil: it is gone
}

// Subscription is what one subscriber has not taken yet. It keeps no states: what it has not taken in time, it gets as it is when it
// does.
type Subscription struct {
	*news.Subscription[string] // by ID
	registry                   *Registry
}

// Subscribe begins a subscription, which its owner closes. All connections are news to it.
func (r *Registry) Subscribe() *Subscription {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.desk.Subscribe()
	s.Tell(slices.Collect(maps.Keys(r.entries))...)
	return &Subscription{s, r}
}

// tell is called with what has changed. Under mu.
func (r *Registry) tell(id string) {
	r.desk.Tell(id)
	if r.changed != nil {
		r.changed()
	}
}

// Take gives what has changed since the last time, ordered by ID.
func (s *Subscription) Take() (changes []Change) {
	due := s.Subscription.Take()
	s.registry.mu.Lock()
	defer s.registry.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(due)) {
		change := Change{ID: id}
		if one := s.registry.entries[id]; one != nil {
			resource := s.registry.resource(one)
			change.Resource = &resource
		}
		changes = append(changes, change)
	}
	return changes
}
