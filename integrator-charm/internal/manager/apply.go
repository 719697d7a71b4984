package manager

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"connectcharms/integrator-charm/internal/overlay"
	"connectcharms/integrator-charm/internal/store"
	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
)

const (
	// retryAfter is how long to wait when the cluster, or the vault, did not take something.
	retryAfter = 2 * time.Second
	// pruneAfter is how long workers find what no configuration refers to any more: a task may still be about to read it.
	pruneAfter = time.Minute
)

// bring brings what connectors have changed into the cluster, as far as it is due, and what of it was brought into the history. It
// says how long until it is to be called again; 0: until something new comes.
//
//	on disk ──► files in the vault ──► the connector's configuration ──► history ──► old files are let go
//
// Each step is seen to be done, or not, from outside: so whoever is interrupted goes on where it was.
func (k *keeper) bring(ctx context.Context) (again time.Duration) {
	file := k.file()
	if !k.cluster.Rules.Active || file == nil || len(k.layers.list()) == 0 {
		return 0
	}
	if wait := k.backlog.remaining(); wait > 0 {
		return wait
	}
	there, err := k.look(ctx, 0)
	if err != nil {
		return retryAfter
	}
	declared, err := file.Desired(k.cluster.Secrets)
	if err != nil {
		return retryAfter
	}
	k.adoptAll(ctx, there)
	due := connectors.Desired{}
	for _, o := range k.layers.list() {
		wait := k.prepare(ctx, o, declared, there, due)
		if wait > 0 && (again == 0 || wait < again) {
			again = wait
		}
	}
	if len(due) > 0 {
		again = cmp.Or(min(again, pace), pace)
		k.apply(ctx, due, there)
	}
	return again
}

// prepare adds a connector to those that are due.
func (k *keeper) prepare(
	ctx context.Context, o overlay.Overlay, declared connectors.Desired, there map[string]connectors.Found, due connectors.Desired,
) (again time.Duration) {
	wanted, isDeclared := declared[o.Connector]
	found, exists := there[o.Connector]
	if !isDeclared || o.Sequence == 0 || exists && !found.Owned {
		return 0
	}
	if exists {
		o = k.released(ctx, o, found)
	}
	if err := k.place(ctx, o); err != nil {
		k.layers.waits(o.Connector, err.Error())
		if !exists {
			return retryAfter
		}
		if laid, is := o.HaltOver(found, wanted, &k.layers.bases); is {
			due[o.Connector] = laid
			return 0
		}
		if errors.Is(err, overlay.ErrUndelivered) {
			return 0 // Delivered says when
		}
		k.log.Warn("what a connector has changed waits", "connector", o.Connector, "error", err)
		return retryAfter
	}
	if !exists || found.IsPending() {
		return 0 // a sync makes it, with the overlay
	}
	if o.IsIn(found, wanted, &k.layers.bases) {
		return k.brought(ctx, o, wanted)
	}
	if wait := k.layers.hasteOf(o.Connector).due(k.now()); wait > 0 {
		return wait
	}
	due[o.Connector] = o.LayOver(found, wanted, &k.layers.bases)
	return 0
}

// release ends that a connector is kept stopped.
func (k *keeper) release(ctx context.Context, connector string) {
	if k.layers.of(connector).Halted == nil {
		return
	}
	err := k.changeOverlay(connector, func(before overlay.Overlay) error {
		_, err := k.relay(ctx, before, before.Release())
		return err
	})
	if err != nil {
		k.log.Error("a connector is kept stopped still", "connector", connector, "error", err)
	}
	k.hasNews(connector)
}

// released is an overlay whose connector somebody has set going by hand, after it was stopped.
func (k *keeper) released(ctx context.Context, o overlay.Overlay, found connectors.Found) overlay.Overlay {
	if o.Halted == nil || !o.Halted.Held || found.State() == connect.Stopped || found.Overlay().Halted != o.Halted.Entry {
		return o
	}
	after, err := k.relay(ctx, o, o.Release())
	if err != nil {
		return o
	}
	k.log.Info("a connector that was kept stopped was set going", "connector", o.Connector)
	return after
}

// place has workers find the files of an overlay.
func (k *keeper) place(ctx context.Context, o overlay.Overlay) error {
	if k.layers.isPlaced(o) {
		return nil
	}
	if k.cluster.Vault == nil {
		return overlay.ErrNoWay
	}
	err := k.cluster.Vault.Put(ctx, o.Files)
	if err != nil && !(errors.Is(err, overlay.ErrUndelivered) && k.layers.isDelivered(o)) {
		return err
	}
	k.layers.isNowPlaced(o)
	return nil
}

// apply gives connectors their configurations, each at most once.
func (k *keeper) apply(ctx context.Context, due connectors.Desired, there map[string]connectors.Found) {
	ctx, end := outlasting(ctx, lastMoments)
	defer end()
	report, err := k.cluster.owned(k.file()).Reconcile(ctx, due, connectors.Options{
		Keep: true, Patience: turnPatience, Wait: -1, Log: k.log,
	})
	err = errors.Join(err, report.Problem)
	failures := map[string]error{}
	for _, result := range report.Connectors {
		failures[result.Name] = result.Err
	}
	for name := range due {
		why := text(errors.Join(err, failures[name]))
		k.layers.tried(name, why)
		if why != "" {
			k.log.Warn("what a connector has changed could not be applied", "connector", name, "error", why)
		}
	}
	k.heal(ctx, slices.Collect(maps.Keys(due)))
	k.sight.changed()
	poke(k.failed)
	k.hub.Tell(k.cluster.Name, OnOverlays, OnConnectors)
}

// brought notes that a connector has all that it has changed, and lets old files go when nobody can want them any more.
func (k *keeper) brought(ctx context.Context, o overlay.Overlay, declared connectors.Connector) (again time.Duration) {
	after, again := k.prunable(o)
	isHeld := o.IsHalted(declared, &k.layers.bases) && !o.Halted.Held
	if isHeld {
		after = after.Hold()
	}
	var runs []store.Run
	if len(o.Untold) > 0 {
		after, runs = after.Told(), []store.Run{k.controlRun(o)}
	}
	if len(runs) == 0 && !isHeld && len(after.Files) == len(o.Files) {
		return again
	}
	written, err := k.relay(ctx, o, after, runs...)
	if err != nil {
		if !errors.Is(err, errMoved) {
			k.log.Error("that a change is applied is not noted", "connector", o.Connector, "error", err)
		}
		return retryAfter
	}
	if len(written.Files) < len(o.Files) {
		k.prune(ctx, written)
	}
	if len(runs) > 0 {
		k.hub.Tell(k.cluster.Name, OnHistory, OnOverlays, OnStatus)
	}
	return again
}

// prunable is an overlay without files that nobody can want any more, or how long somebody may want them yet.
func (k *keeper) prunable(o overlay.Overlay) (overlay.Overlay, time.Duration) {
	pruned, since := o.Prune(), k.layers.settled(o)
	if len(pruned.Files) == len(o.Files) {
		return o, 0
	}
	if wait := pruneAfter - since; wait > 0 {
		return o, wait
	}
	return pruned, 0
}

// prune has the vault let go of what the overlay has let go of. What stays there is let go of the next time.
func (k *keeper) prune(ctx context.Context, o overlay.Overlay) {
	if k.cluster.Vault == nil {
		return
	}
	if err := k.cluster.Vault.Prune(ctx, overlay.Prefix(k.cluster.Name, o.Connector), o.Wanted()); err != nil {
		k.log.Warn("old secrets stay with the workers for now", "connector", o.Connector, "error", err)
	}
}

// controlRun is the entry of the history for what connectors have changed: who, and which keys.
func (k *keeper) controlRun(o overlay.Overlay) store.Run {
	var by, keys []string
	for _, change := range o.Untold {
		by, keys = append(by, change.By), append(keys, change.Keys...)
	}
	slices.Sort(by)
	slices.Sort(keys)
	keys = slices.Compact(keys)
	now := k.now()
	run := store.Run{Kind: kindControl, By: strings.Join(slices.Compact(by), ", "), Began: now, Ended: now}
	result := connectors.Result{Name: o.Connector, Done: []connectors.Action{connectors.Update}, Reason: "it has changed itself: " + strings.Join(keys, ", ")}
	change := connectors.Change{Name: o.Connector, Actions: result.Done, Reason: fmt.Sprintf("version %d", o.Version)}
	for _, key := range keys {
		change.Keys = append(change.Keys, connectors.KeyChange{Key: key, Secret: true, Overlay: true})
	}
	run.Summary, _ = json.Marshal(connectors.Report{Connectors: []connectors.Result{result}}.Summary()) // texts can always be encoded
	run.Changes, _ = json.Marshal([]connectors.Change{change})                                          // likewise
	return run
}
