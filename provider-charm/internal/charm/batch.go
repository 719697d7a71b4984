package charm

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"connectcharms/requirer-lib/hook"
)

// batch is steps of one kind, one for each client for which one is due, done as one: so a hook takes as few steps with
// two hundred clients as with one, the rules are asked once for all of them, and the application's databag is written once.
type batch []Step

// inOne is the one step for all that are due, if any is.
func inOne(due []Step) Step {
	switch len(due) {
	case 0:
		return nil
	case 1:
		return due[0]
	}
	return batch(due)
}

func (b batch) Apply(ctx context.Context, u *unit, w *World) error {
	w.sharesLater = true
	defer func() { w.sharesLater = false }()
	for _, step := range b {
		name := fmt.Sprintf("%T", step)
		u.log.Info("step", "does", name)
		if err := step.Apply(ctx, u, w); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if !w.toShare {
		return nil
	}
	w.toShare = false
	return u.writeShared(ctx, w)
}

// share changes the application's peer databag. Without a peer relation there is nobody to share with, yet.
func (u *unit) share(ctx context.Context, w *World, change func(*Shared)) error {
	if !w.toShare { // else it is this hook's own copy already, and nobody else's
		w.Shared.Clients = maps.Clone(w.Shared.Clients)
	}
	change(&w.Shared)
	if w.sharesLater {
		w.toShare = true
		return nil
	}
	return u.writeShared(ctx, w)
}

func (u *unit) writeShared(ctx context.Context, w *World) error {
	document, err := json.Marshal(w.Shared)
	if err != nil {
		return err
	}
	return u.RelationSetApp(ctx, *w.PeerRelation, hook.Databag{sharedKey: string(document)})
}
