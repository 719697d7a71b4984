package manager

import (
	"context"
	"errors"
	"sync"
	"time"

	"connectcharms/integrator-charm/internal/source"
)

// newest is a source that is asked by several, one after the other: so what came last is the newest, whoever had asked.
// The one that follows the source and a person who wants a sync could else undo each other's.
type newest struct {
	from source.Source
	now  func() time.Time

	mu       sync.Mutex
	document source.Document
	at       time.Time // when the source last had one, new or not
	err      error     // of the last fetch
}

// Fetch is a source.Source's.
func (n *newest) Fetch(ctx context.Context, have source.Revision) (source.Document, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	document, err := n.from.Fetch(ctx, n.document.Revision)
	switch {
	case err == nil:
		n.document = document
	case !errors.Is(err, source.ErrUnchanged):
		if ctx.Err() == nil { // that somebody has given up says nothing of the source
			n.err = err
		}
		return source.Document{}, err
	}
	n.at, n.err = n.now(), nil
	if have == n.document.Revision {
		return source.Document{}, source.ErrUnchanged
	}
	return n.document, nil
}

func (n *newest) String() string { return n.from.String() }

// last is what there was last; no revision: nothing yet.
func (n *newest) last() (document source.Document, at time.Time, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.document, n.at, n.err
}

// watched is a newest whose source tells of changes by itself.
type watched struct {
	*newest
	watcher source.Watcher
}

// Watch is a source.Watcher's.
func (w watched) Watch(ctx context.Context, changed func()) error {
	return w.watcher.Watch(ctx, changed)
}

// followed is the newest as source.Follow wants it.
func (n *newest) followed() source.Source {
	if watcher, can := n.from.(source.Watcher); can {
		return watched{n, watcher}
	}
	return n
}
