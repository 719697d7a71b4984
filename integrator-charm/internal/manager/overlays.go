package manager

import (
	"context"
	"errors"

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
	return overlay.Taken{}, errors.ErrUnsupported
}

// Refuse is Control for a message whose configuration cannot be one: a list or an object as a value, as control.Parse says. What is
// wrong elsewhere in a message says nothing of the connector's configuration, and is given back as it is.
func (m *Manager) Refuse(ctx context.Context, cluster, connector, by string, problems control.Problems) error {
	return errors.ErrUnsupported
}

// Overlays are what connectors have changed of their configurations, by name: those that have ever changed anything.
func (m *Manager) Overlays(ctx context.Context, cluster string) ([]overlay.Shown, error) {
	return nil, errors.ErrUnsupported
}

// Overlay is that of one connector; of version 0 where there is none yet.
func (m *Manager) Overlay(ctx context.Context, cluster, connector string) (overlay.Shown, error) {
	return overlay.Shown{}, errors.ErrUnsupported
}

// ClearOverlay takes keys out of an overlay; without keys, all of it.
func (m *Manager) ClearOverlay(ctx context.Context, cluster, connector string, keys []string, by, ifMatch string) (overlay.Shown, error) {
	return overlay.Shown{}, errors.ErrUnsupported
}

// ExportOverlays is all that a cluster's connectors have changed, with values.
func (m *Manager) ExportOverlays(ctx context.Context, cluster string) (overlay.Document, error) {
	return overlay.Document{}, errors.ErrUnsupported
}

// ImportOverlays merges what was exported, here or elsewhere. A standby takes it, too.
func (m *Manager) ImportOverlays(ctx context.Context, cluster string, document overlay.Document) error {
	return errors.ErrUnsupported
}

// Delivered says that every worker has the files of a document's version.
func (m *Manager) Delivered(ctx context.Context, cluster string, version int64) error {
	return errors.ErrUnsupported
}
