package connectors

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"connectcharms/requirer-lib/connect"
)

// ErrMoved says that the connectors, or what is desired, are no longer what a plan was made for. Nothing was done.
var ErrMoved = errors.New("the plan is out of date: plan again")

// Apply carries out exactly a plan, such as one that was saved and approved. It observes and plans again, with the options
// that the plan was made with. Where that gives another plan, the error is ErrMoved, and names a connector. What a plan
// adopts needs not be said again.
//
// What the plan held is applied unless options.Hold holds it still. Values that are secret are not in a plan: they are
// those that are desired now. What the cluster refuses, and that it does not answer, is in the report.
func (o Owned) Apply(ctx context.Context, desired Desired, plan Plan, options Options) (Report, error) {
	if err := o.check(desired); err != nil {
		return Report{}, err
	}
	options.Adopt = append(slices.Clone(options.Adopt), plan.adopted()...)
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(options.Patience, defaultPatience))
	defer cancel()
	run := newRun(o, desired, options, false)
	run.planned = plan.actions()
	if run.look(ctx) {
		if err := plan.check(o.Decide(desired, run.there, options)); err != nil {
			return Report{}, err
		}
		run.apply(ctx)
		run.await(ctx)
	}
	return run.report(), nil
}

// adopted are the connectors that a plan takes over.
func (p Plan) adopted() (names []string) {
	for _, change := range p.Changes {
		if change.Refused == "" && slices.Contains(change.Actions, Adopt) {
			names = append(names, change.Name)
		}
	}
	return names
}

func (p Plan) actions() map[string][]Action {
	actions := map[string][]Action{}
	for _, change := range p.Changes {
		actions[change.Name] = change.Actions
	}
	return actions
}

// check says where what is to be done now is not what was planned. Only held or not, and why, may have changed.
func (p Plan) check(now Plan) error {
	planned, due := p.byName(), now.byName()
	for _, change := range p.Changes {
		if is := due[change.Name]; !is.isSame(change) {
			return fmt.Errorf("%w (connector %.255s: planned %s, now %s)", ErrMoved, change.Name, change, is)
		}
	}
	for _, change := range now.Changes {
		if _, is := planned[change.Name]; !is {
			return fmt.Errorf("%w (connector %.255s: planned %s, now %s)", ErrMoved, change.Name, Change{}, change)
		}
	}
	return nil
}

func (p Plan) byName() map[string]Change {
	changes := map[string]Change{}
	for _, change := range p.Changes {
		changes[change.Name] = change
	}
	return changes
}

func (c Change) isSame(other Change) bool {
	return slices.Equal(c.Actions, other.Actions) && c.To == other.To && c.Refused == other.Refused &&
		slices.EqualFunc(c.Keys, other.Keys, func(a, b KeyChange) bool { return reflect.DeepEqual(a, b) }) &&
		areSame(c.Offsets, other.Offsets)
}

// areSame compares offsets as they are sent: in a plan that was saved, numbers are of another type.
func areSame(offsets, others []connect.Offset) bool {
	text, err := json.Marshal(offsets)
	other, otherErr := json.Marshal(others)
	return err == nil && otherErr == nil && bytes.Equal(text, other)
}

// String is what is to be done, in a few words.
func (c Change) String() string {
	var words []string
	for _, action := range c.Actions {
		words = append(words, string(action))
	}
	for _, key := range c.Keys {
		words = append(words, key.Key)
	}
	if c.Refused != "" {
		words = append(words, "("+c.Refused+")")
	}
	return cmp.Or(strings.Join(words, " "), "nothing")
}
