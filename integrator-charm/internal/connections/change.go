package connections

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"connectcharms/integrator-charm/internal/store"
	"connectcharms/requirer-lib/connection"
)

// Create makes a connection. It lasts when this returns.
func (r *Registry) Create(ctx context.Context, spec connection.Spec, by string) (connection.Resource, error) {
	if err := check(spec); err != nil {
		return connection.Resource{}, err
	}
	r.writing.Lock()
	defer r.writing.Unlock()
	if _, _, err := r.find(spec.ID); !errors.Is(err, ErrNotFound) {
		return connection.Resource{}, errors.Join(fmt.Errorf("%w: %.100q", ErrTaken, spec.ID), keepFixed(err))
	}
	if r.isFull() {
		return connection.Resource{}, fmt.Errorf("%w: %d at most", ErrTooMany, MostMade)
	}
	return r.save(ctx, spec, by)
}

// Update gives a connection another spec. IfMatch is the ETag that it is to have; "" and * are any. One that has the spec already is
// left as it is.
func (r *Registry) Update(ctx context.Context, spec connection.Spec, ifMatch, by string) (connection.Resource, error) {
	if err := check(spec); err != nil {
		return connection.Resource{}, err
	}
	r.writing.Lock()
	defer r.writing.Unlock()
	is, resource, err := r.find(spec.ID)
	if err != nil {
		return connection.Resource{}, err
	}
	if err := matches(is, ifMatch); err != nil {
		return connection.Resource{}, err
	}
	if reflect.DeepEqual(is.spec, spec) {
		return resource, nil
	}
	return r.save(ctx, spec, by)
}

// Delete forgets a connection. IfMatch is as in Update.
func (r *Registry) Delete(ctx context.Context, id, ifMatch, by string) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	is, _, err := r.find(id)
	if err != nil {
		return err
	}
	if err := matches(is, ifMatch); err != nil {
		return err
	}
	if err := r.store.DeleteConnection(ctx, id); err != nil {
		return err
	}
	r.log.Info("a person has deleted a connection", "who", by, "connection", id)
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.made, id)
	r.once.forget(id)
	r.settle()
	return nil
}

// check wants a spec that somebody may make by the API.
func check(spec connection.Spec) error {
	if err := spec.Validate(); err != nil {
		return err
	}
	var problems connection.Problems
	for _, each := range spec.References() {
		if each.Reference.Env != "" {
			problems = append(problems, connection.Problem{
				Field: each.Field, Reason: "must be {\"secret\": NAME, \"key\": KEY}: variables are for connections that the settings declare",
			})
		}
	}
	if problems != nil {
		return problems
	}
	return nil
}

// find gives what somebody made; ErrNotFound or ErrFixed where it is not that.
func (r *Registry) find(id string) (made, connection.Resource, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	one := r.entries[id]
	switch {
	case one == nil:
		return made{}, connection.Resource{}, ErrNotFound
	case one.origin != connection.OfAPI:
		return made{}, connection.Resource{}, fmt.Errorf("%w: it comes from %s", ErrFixed, sources[one.origin])
	}
	return r.made[id], r.resource(one), nil
}

var sources = map[connection.Origin]string{
	connection.OfSettings: "the settings (serve.connections.specs)",
	connection.OfContext:  "a context of the settings",
	connection.OfCharm:    "another charm",
}

// keepFixed is the reason why an ID cannot be had, beyond that it is taken.
func keepFixed(err error) error {
	if errors.Is(err, ErrFixed) {
		return err
	}
	return nil
}

func (r *Registry) isFull() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.made) >= MostMade
}

func matches(is made, ifMatch string) error {
	if tag := (connection.Metadata{Generation: is.generation}).ETag(); ifMatch != "" && ifMatch != "*" && ifMatch != tag {
		return fmt.Errorf("%w: it is %s now", ErrVersion, tag)
	}
	return nil
}

func (r *Registry) save(ctx context.Context, spec connection.Spec, by string) (connection.Resource, error) {
	text, err := json.Marshal(spec)
	if err != nil {
		return connection.Resource{}, err
	}
	generation, err := r.store.SaveConnection(ctx, store.Connection{ID: spec.ID, By: by, Changed: time.Now(), Spec: text})
	if err != nil {
		return connection.Resource{}, err
	}
	r.log.Info("a person has changed a connection", "who", by, "connection", spec.ID, "generation", generation)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.made[spec.ID] = made{spec, generation}
	r.place(spec.ID, r.entryOf(r.made[spec.ID]))
	r.poke()
	return r.resource(r.entries[spec.ID]), nil
}
