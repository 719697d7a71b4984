package connections

import (
	"context"
	"reflect"
	"time"

	"connectcharms/requirer-lib/connection"
	"connectcharms/requirer-lib/secret"
	"connectcharms/requirer-lib/state"
)

// entry is one connection. All of it is under the registry's mu.
type entry struct {
	spec       connection.Spec
	origin     connection.Origin
	generation int64
	context    string // whose connectors need it; empty: those that name it
	secrets    state.Secrets
	status     connection.Status
	targets    []*target
}

// isAs says whether another one is the same connection, with the same spec.
func (e *entry) isAs(other *entry) bool {
	return e.origin == other.origin && reflect.DeepEqual(e.spec, other.spec) && e.context == other.context &&
		(e.origin != connection.OfAPI || e.generation == other.generation)
}

// take has what is told of a connection that nobody asks; it says whether that is news.
func (e *entry) take(other *entry) bool {
	if e.origin != connection.OfCharm {
		return false
	}
	isNews := !reflect.DeepEqual(e.status, other.status)
	e.status = other.status
	return isNews
}

// begin starts an entry in the place of another, which may be nil.
func (e *entry) begin(was *entry, once successes, now time.Time) {
	if was != nil {
		was.end()
	}
	if e.origin == connection.OfCharm {
		return
	}
	e.status = once.recall(e.spec, connection.New(e.spec, e.generation, now))
	if was != nil && was.origin == e.origin {
		if e.origin != connection.OfAPI {
			e.generation = was.generation + 1
		}
		e.status = was.status.Begin(e.spec, e.generation, now)
	}
	for _, part := range e.spec.Parts() {
		if e.spec.CanAttempt(part) {
			e.targets = append(e.targets, &target{entry: e, part: part, due: now, cancel: func() {}})
		}
	}
}

// end has what is under way come to nothing.
func (e *entry) end() {
	for _, t := range e.targets {
		t.cancel()
		t.release()
	}
	e.targets = nil
}

// target is one system of a connection: what is asked on its own.
type target struct {
	entry    *entry
	part     connection.Part
	due      time.Time
	failures int  // in a row, that may pass by themselves
	isSilent bool // it did not answer in time
	lane     lane // that it is in now
	cancel   context.CancelFunc
	waiters  []chan struct{} // who wants a result
}

// release lets those go who wait.
func (t *target) release() {
	for _, each := range t.waiters {
		close(each)
	}
	t.waiters = nil
}

// isCurrent says whether the target is still one of its entry's.
func (t *target) isCurrent() bool {
	for _, each := range t.entry.targets {
		if each == t {
			return true
		}
	}
	return false
}

// onlySecrets gives out no variables: whoever may make connections may not have the manager's environment sent somewhere.
type onlySecrets struct{ state.Secrets }

// Env gives none.
func (onlySecrets) Env(string) (secret.Value, bool) { return secret.Value{}, false }
