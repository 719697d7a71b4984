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

	fetching sync.Mutex // one fetch at a time
	mu       sync.Mutex // of what follows
	document source.Document
	at       time.Time // when the source last had one, new or not
	err      error     // of the last fetch
}

// Fetch is a source.Source's.
func (n *newest) Fetch(ctx context.Context, have source.Revision) (source.Document, error) {
	n.fetching.Lock()
	defer n.fetching.Unlock()
	known, _, _ := n.last()
	document, err := n.from.Fetch(ctx, known.Revision)
	if errors.Is(err, source.ErrUnchanged) {
		document, err = known, nil
	}
	if err != nil && ctx.Err() != nil {
		return source.Document{}, err // that somebody has given up says nothing of the source
	}
	n.note(document, err)
	switch {
	case err != nil:
		return source.Document{}, err
	case have == document.Revision:
		return source.Document{}, source.ErrUnchanged
	}
	return document, nil
}

func (n *newest) note(document source.Document, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.err = err; err == nil {
		n.document, n.at = document, n.now()
	}
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
