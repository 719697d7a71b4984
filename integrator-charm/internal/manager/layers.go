package manager

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"connectcharms/integrator-charm/internal/overlay"
	"connectcharms/integrator-charm/internal/seal"
	"connectcharms/integrator-charm/internal/store"
	"connectcharms/requirer-lib/connectors"
)

// layers are what the connectors of one cluster have changed of their configuration: in memory as they are on disk. They outlive
// keepers: of two that follow one another, one may still be asked when the other is at work.
type layers struct {
	cluster string
	store   *store.Store
	key     seal.Key
	now     func() time.Time
	log     *slog.Logger
	bases   overlay.Bases
	changed func()        // what has to be kept safe has changed
	news    chan struct{} // there is something to apply

	mu        sync.Mutex
	broken    error                      // what is on disk could not be read: nothing may be written over it
	all       map[string]overlay.Overlay // by connector
	lost      map[string]bool            // those that another key has sealed
	placed    map[string]int64           // by connector: up to which change its files are in the vault
	delivered int64                      // up to which change somebody else has brought them
	haste     map[string]haste           // by connector
	since     map[string]arrival         // likewise
}

func newLayers(cluster string, kept *store.Store, key seal.Key, now func() time.Time, log *slog.Logger, changed func()) *layers {
	return &layers{
		cluster: cluster, store: kept, key: key, now: now, log: log, changed: changed, news: make(chan struct{}, 1), all: map[string]overlay.Overlay{},
		lost: map[string]bool{}, placed: map[string]int64{}, haste: map[string]haste{}, since: map[string]arrival{},
	}
}

// errMoved says that an overlay is not any more what a change was made of.
var errMoved = errors.New("the overlay has changed meanwhile")

// load takes up what is on disk.
func (l *layers) load(ctx context.Context) {
	if err := l.read(ctx); err != nil {
		l.log.Error("what connectors have changed is not known, and no change is taken", "error", err)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.broken = fmt.Errorf("what connectors have changed could not be read: %w", err)
	}
}

func (l *layers) read(ctx context.Context) error {
	kept, err := l.store.Overlays(ctx, l.cluster)
	if err != nil {
		return err
	}
	delivered, err := l.store.Delivered(ctx, l.cluster)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.delivered = delivered
	for _, one := range kept {
		text, err := l.key.Unseal(one.Sealed, l.purpose(one.Connector))
		if err != nil {
			l.log.Error("what a connector has changed is taken from the cluster", "connector", one.Connector, "error", err)
			l.all[one.Connector], l.lost[one.Connector] = overlay.Overlay{Connector: one.Connector, Version: one.Version}, true
			continue
		}
		if l.all[one.Connector], err = overlay.Decode([]byte(text)); err != nil {
			return err
		}
	}
	return nil
}

func (l *layers) purpose(connector string) string {
	return "overlay\x00" + l.cluster + "\x00" + connector
}

// of gives a connector's overlay; one of version 0 where there is none.
func (l *layers) of(connector string) overlay.Overlay {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.get(connector)
}

func (l *layers) get(connector string) overlay.Overlay {
	if known, is := l.all[connector]; is {
		return known
	}
	return overlay.Overlay{Connector: connector}
}

// list gives all, by connector.
func (l *layers) list() []overlay.Overlay {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.SortedFunc(maps.Values(l.all), func(a, b overlay.Overlay) int { return cmp.Compare(a.Connector, b.Connector) })
}

// replace writes an overlay in place of another, and what tells of it in the history: together, or not at all. When it returns,
// both are on disk. errMoved: it was not that other one any more.
func (l *layers) replace(ctx context.Context, before, after overlay.Overlay, runs ...store.Run) (overlay.Overlay, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broken != nil {
		return before, l.broken
	}
	now := l.get(before.Connector)
	if now.Writes != before.Writes {
		return now, errMoved
	}
	isNews := !after.Says(before)
	if isNews {
		after.Sequence = l.sequence() + 1
		if hasNewFiles(before, after) {
			after.Placed = after.Sequence
		}
	}
	if err := l.write(ctx, after, runs...); err != nil {
		return before, err
	}
	if isNews {
		l.changed()
	}
	return l.get(after.Connector), nil
}

// merge writes what another has kept.
func (l *layers) merge(ctx context.Context, theirs overlay.Overlay) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broken != nil {
		return l.broken
	}
	ours := l.get(theirs.Connector)
	merged := ours.Import(theirs)
	merged.Sequence = max(ours.Sequence, theirs.Sequence)
	if !merged.Says(ours) && !merged.Says(theirs) {
		merged.Sequence = max(l.sequence(), theirs.Sequence) + 1
		merged.Placed = merged.Sequence
	}
	if merged.Says(ours) && merged.Sequence == ours.Sequence {
		return nil
	}
	return l.write(ctx, merged)
}

func (l *layers) write(ctx context.Context, after overlay.Overlay, runs ...store.Run) error {
	text, err := after.Encode()
	if err != nil {
		return err
	}
	for i := range runs {
		runs[i].Cluster = l.cluster
	}
	row := store.Overlay{Connector: after.Connector, Version: after.Version, Sealed: l.key.Seal(string(text), l.purpose(after.Connector))}
	if err := l.store.SaveOverlays(ctx, l.cluster, []store.Overlay{row}, runs...); err != nil {
		return fmt.Errorf("keep what a connector has changed: %w", err)
	}
	after.Writes++
	l.all[after.Connector] = after
	delete(l.lost, after.Connector)
	return nil
}

func hasNewFiles(before, after overlay.Overlay) bool {
	for name := range after.Files {
		if _, is := before.Files[name]; !is {
			return true
		}
	}
	return false
}

// sequence is the number of the last change.
func (l *layers) sequence() (last int64) {
	for _, one := range l.all {
		last = max(last, one.Sequence)
	}
	return last
}

// lay lays what connectors have changed over what the file says of them. Where that is not applied yet, what the cluster has noted
// stays as it is: a sync, which may have to wait for somebody's approval, does not carry it out.
func (l *layers) lay(declared connectors.Desired, there map[string]connectors.Found) connectors.Desired {
	laid := maps.Clone(declared)
	for _, o := range l.list() {
		wanted, is := declared[o.Connector]
		found, exists := there[o.Connector]
		switch {
		case !is || o.Sequence == 0: // it is not known here
		case exists && found.Owned && !o.IsIn(found, wanted, &l.bases):
		case !exists && !l.isPlaced(o):
		default:
			laid[o.Connector] = o.Lay(wanted, &l.bases)
		}
	}
	return laid
}

// halted are the connectors that are kept stopped.
func (l *layers) halted() []string {
	names := []string{}
	for _, o := range l.list() {
		if o.Halted != nil {
			names = append(names, o.Connector)
		}
	}
	return names
}

// waiting is how many have changes that are not applied yet.
func (l *layers) waiting() (number int) {
	for _, o := range l.list() {
		if len(o.Untold) > 0 {
			number++
		}
	}
	return number
}

func (l *layers) isLost(connector string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lost[connector]
}
