package connections

import (
	"context"

	"connectcharms/requirer-lib/connection"
)

// Probe asks all systems of a connection now, and gives the connection when each has answered or was waited for in vain. An attempt
// that is under way already will do. What another charm tells is as it was told.
func (r *Registry) Probe(ctx context.Context, id string) (connection.Resource, error) {
	waits, err := r.want(id)
	if err != nil {
		return connection.Resource{}, err
	}
	for _, wait := range waits {
		select {
		case <-wait:
		case <-ctx.Done():
			return connection.Resource{}, ctx.Err()
		case <-r.ended:
			return connection.Resource{}, ErrEnding
		}
	}
	return r.Get(id)
}

func (r *Registry) want(id string) (waits []chan struct{}, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	one := r.entries[id]
	if one == nil {
		return nil, ErrNotFound
	}
	for _, t := range one.targets {
		wait := make(chan struct{})
		t.waiters = append(t.waiters, wait)
		waits = append(waits, wait)
	}
	r.poke()
	return waits, nil
}
