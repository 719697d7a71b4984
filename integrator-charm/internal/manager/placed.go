package manager

import (
	"context"

	"connectcharms/integrator-charm/internal/overlay"
)

// isPlaced says whether workers find the files of an overlay.
func (l *layers) isPlaced(o overlay.Overlay) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(o.Files) == 0 || l.placed[o.Connector] >= max(o.Placed, 1)
}

// isDelivered says whether somebody else has brought the files of an overlay to the workers.
func (l *layers) isDelivered(o overlay.Overlay) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.delivered >= max(o.Placed, 1)
}

// placeAgain has files be looked after again: some may have been lost, or the vault be another one.
func (l *layers) placeAgain() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.placed)
}

// moveTo has all refer to files as the vault has them: it may be another one than before. They have to be brought there first.
func (l *layers) moveTo(ctx context.Context, vault overlay.Vault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broken != nil {
		return
	}
	for connector, o := range l.all {
		moved, is := o.MovedTo(vault.Reference)
		if !is {
			continue
		}
		moved.Sequence = l.sequence() + 1
		moved.Placed = moved.Sequence
		if err := l.write(ctx, moved); err != nil {
			l.log.Error("a connector refers to secrets where they were", "connector", connector, "error", err)
		}
	}
}

// isNowPlaced notes that workers find the files of an overlay.
func (l *layers) isNowPlaced(o overlay.Overlay) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.placed[o.Connector] = max(o.Placed, 1)
}

// areDelivered notes up to which change somebody else has brought files to the workers.
func (l *layers) areDelivered(ctx context.Context, sequence int64) error {
	if err := l.store.SaveDelivered(ctx, l.cluster, sequence); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.delivered = max(l.delivered, sequence)
	return nil
}
