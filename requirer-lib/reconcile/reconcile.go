// Package reconcile runs a charm as rules: in every hook, whatever its name, the charm reads the world into a struct W;
// rules, which are pure functions, name the one step that is due; the step is applied, which changes the world; and so on
// until no step is due. What a step works with, the hook's tools and the things of the unit, is a U.
//
// So no rule waits for one certain hook, and a hook that is lost or repeated does no harm.
package reconcile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"connectcharms/requirer-lib/hook"
)

// Step is one thing that is due. Apply does it and brings the world up to date with what it did. An error fails the
// hook, which Juju then repeats; what is expected to fail at times is told in the world instead.
type Step[U, W any] interface {
	Apply(ctx context.Context, unit U, world W) error
}

// Rule names the step that is due by it, or nil. It changes nothing in the world but what it has [Tried].
type Rule[U, W any] func(world W) Step[U, W]

// First is the step of the first rule by which one is due.
func First[U, W any](world W, rules ...Rule[U, W]) Step[U, W] {
	for _, rule := range rules {
		if step := rule(world); step != nil {
			return step
		}
	}
	return nil
}

// mostSteps bounds one hook. A step is not repeated without need, so that a hook takes some twenty at the most: more is
// a fault of the rules.
const mostSteps = 100

// Run applies steps until none is due. Each is a line in the log.
func Run[U, W any](ctx context.Context, unit U, world W, next Rule[U, W], log *slog.Logger) error {
	for range mostSteps {
		step := next(world)
		if step == nil {
			return nil
		}
		name := fmt.Sprintf("%T", step)
		log.Info("step", "does", name)
		if err := step.Apply(ctx, unit, world); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return fmt.Errorf("a step is still due after %d: please report this", mostSteps)
}

// Tried remembers, within one hook, steps that may fail or may change nothing, so that they are not tried for ever. The
// zero value has tried nothing.
type Tried struct{ keys map[string]bool }

// First says whether this is the first time that key is asked for, and remembers it.
func (t *Tried) First(key string) bool {
	if t.keys[key] {
		return false
	}
	if t.keys == nil {
		t.keys = map[string]bool{}
	}
	t.keys[key] = true
	return true
}

// Once is the step, the first time that key is asked for.
func Once[U, W any](tried *Tried, key string, step Step[U, W]) Step[U, W] {
	if tried.First(key) {
		return step
	}
	return nil
}

// Forget lets key be tried once more: something has changed.
func (t *Tried) Forget(key string) { delete(t.keys, key) }

// IsLeaving says whether the unit is on its way out: the end of a relation on it is then not the end of the relation.
// It remembers in file that the unit has left a relation itself, since later hooks do not say so. A unit that is installed
// is a new one: what lies there is of another that had its storage before.
func IsLeaving(event hook.Event, file string) (bool, error) {
	switch event.Kind {
	case hook.Stop, hook.Remove:
		return true, nil
	case hook.Install:
		return false, os.RemoveAll(file)
	}
	if event.IsSelfDeparting() {
		return true, os.WriteFile(file, nil, 0o600)
	}
	_, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// IsLast says whether this hook may be the last of a unit that goes for good: its files go with it. On a machine that is stop
// already, which comes there for no other reason: where two units of an application go at once, Juju 4.1-beta2 may end an agent
// before it has run remove. A pod stops, too, when another takes its place.
func IsLast(event hook.Event) bool {
	return event.Kind == hook.Remove || event.Kind == hook.Stop && event.MachineID != ""
}
