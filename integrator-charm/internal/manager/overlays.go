package manager

import (
	"context"
	"fmt"

	"connectcharms/integrator-charm/internal/overlay"
	"connectcharms/requirer-lib/control"
)

// Control takes what a connector says of its own configuration. When it returns, that is on disk; the connector has it when it is
// applied. By is who brings the message, ifMatch the version that the overlay is to have; empty: any. The connector goes by its
// name in Kafka Connect or in the state file. Where the message does not conform, the error is *overlay.Nonconforming, and the
// connector is stopped.
func (m *Manager) Control(
	ctx context.Context, cluster, connector, by string, message control.Message, ifMatch string,
) (overlay.Taken, error) {
	k, err := m.of(cluster)
	if err != nil {
		return overlay.Taken{}, err
	}
	return k.control(ctx, connector, by, message, ifMatch)
}

// Refuse is Control for a message whose configuration cannot be one: a list or an object as a value, as control.Parse says. What is
// wrong elsewhere in a message says nothing of the connector's configuration, and is given back as it is.
func (m *Manager) Refuse(ctx context.Context, cluster, connector, by string, problems control.Problems) error {
	k, err := m.of(cluster)
	if err != nil {
		return err
	}
	return k.refuse(ctx, connector, by, problems)
}

// Overlays are what connectors have changed of their configurations, by name: those that have ever changed anything.
func (m *Manager) Overlays(ctx context.Context, cluster string) ([]overlay.Shown, error) {
	k, err := m.of(cluster)
	if err != nil {
		return nil, err
	}
	return k.overlays(ctx)
}

// Overlay is that of one connector; of version 0 where there is none yet.
func (m *Manager) Overlay(ctx context.Context, cluster, connector string) (overlay.Shown, error) {
	k, err := m.of(cluster)
	if err != nil {
		return overlay.Shown{}, err
	}
	return k.overlay(ctx, connector)
}

// ClearOverlay takes keys out of an overlay; without keys, all of it, and that its connector is kept stopped.
func (m *Manager) ClearOverlay(ctx context.Context, cluster, connector string, keys []string, by, ifMatch string) (overlay.Shown, error) {
	k, err := m.of(cluster)
	if err != nil {
		return overlay.Shown{}, err
	}
	return k.clearOverlay(ctx, connector, keys, by, ifMatch)
}

// ExportOverlays is all that a cluster's connectors have changed, with values.
func (m *Manager) ExportOverlays(_ context.Context, cluster string) (overlay.Document, error) {
	k, err := m.of(cluster)
	if err != nil {
		return overlay.Document{}, err
	}
	return overlay.NewDocument(k.layers.list()), nil
}

// ImportOverlays merges what was exported, here or elsewhere. A standby takes it, too.
func (m *Manager) ImportOverlays(ctx context.Context, cluster string, document overlay.Document) error {
	k, err := m.of(cluster)
	if err != nil {
		return err
	}
	all, err := document.All()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	for _, one := range all {
		if err := k.layers.merge(ctx, one); err != nil {
			return err
		}
	}
	poke(k.layers.news)
	m.Tell(k.cluster.Name, OnOverlays)
	return nil
}

// Delivered says that every worker has the files of a document's version.
func (m *Manager) Delivered(ctx context.Context, cluster string, version int64) error {
	k, err := m.of(cluster)
	if err != nil {
		return err
	}
	if err := k.layers.areDelivered(ctx, version); err != nil {
		return err
	}
	poke(k.layers.news)
	return nil
}

// overlays shows all.
func (k *keeper) overlays(ctx context.Context) ([]overlay.Shown, error) {
	all := []overlay.Shown{}
	for _, o := range k.layers.list() {
		all = append(all, k.show(ctx, o))
	}
	return all, nil
}

func (k *keeper) overlay(ctx context.Context, called string) (overlay.Shown, error) {
	name, err := k.overlaid(ctx, called)
	if err != nil {
		return overlay.Shown{}, err
	}
	return k.show(ctx, k.layers.of(name)), nil
}

// overlaid is a connector's name in the file: one that it has, or that has changed something when it still had it.
func (k *keeper) overlaid(ctx context.Context, called string) (string, error) {
	for _, o := range k.layers.list() {
		if called == o.Connector || called == k.name(o.Connector) {
			return o.Connector, nil
		}
	}
	t, err := k.target(ctx, called)
	return t.name, err
}

// show shows an overlay, as far as it can be told now how it stands.
func (k *keeper) show(ctx context.Context, o overlay.Overlay) overlay.Shown {
	file := k.file()
	if file == nil {
		return o.Show(nil)
	}
	declared, is, err := file.DesiredOf(o.Connector, k.cluster.Secrets)
	if !is || err != nil {
		return o.Show(nil)
	}
	shown := o.Show(o.Superseded(declared, &k.layers.bases))
	shown.Applied, shown.Waiting = k.isApplied(ctx, o, declared)
	if !o.IsHalted(declared, &k.layers.bases) {
		shown.Halted = nil
	}
	return shown
}

// clearOverlay answers when it is on disk.
func (k *keeper) clearOverlay(ctx context.Context, called string, keys []string, by, ifMatch string) (overlay.Shown, error) {
	if !k.cluster.Rules.Active {
		return overlay.Shown{}, ErrStandby
	}
	name, err := k.overlaid(ctx, called)
	if err != nil {
		return overlay.Shown{}, err
	}
	var after overlay.Overlay
	var gone []string
	err = k.changeOverlay(name, func(before overlay.Overlay) (err error) {
		if after, gone, err = cleared(before, keys, by, ifMatch); err != nil {
			return err
		}
		after, err = k.relay(ctx, before, after)
		return err
	})
	if err != nil {
		return overlay.Shown{}, err
	}
	k.log.Info("a person has cleared what a connector had changed", "who", by, "connector", name, "keys", gone)
	k.hasNews(name)
	return k.show(ctx, after), nil
}

// cleared is an overlay without some keys, which it has to have, or without any, where none is named; and which are gone.
func cleared(before overlay.Overlay, keys []string, by, ifMatch string) (after overlay.Overlay, gone []string, err error) {
	if !before.MatchesVersion(ifMatch) {
		return before, nil, fmt.Errorf("connector %s has version %d: %w", before.Connector, before.Version, overlay.ErrVersion)
	}
	for _, key := range keys {
		if _, is := before.Keys[key]; !is {
			return before, nil, fmt.Errorf("connector %s, key %.100q: %w in its overlay", before.Connector, key, ErrNotFound)
		}
	}
	after, gone = before.Clear(keys)
	return after.By(by, gone), gone, nil
}
