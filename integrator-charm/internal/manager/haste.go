package manager

import (
	"time"

	"connectcharms/integrator-charm/internal/overlay"
)

// haste is when an overlay is to be applied.
type haste struct {
	first, last time.Time // message that is not applied yet
	laid        time.Time // when it was last applied, or that was tried
	why         string    // it is not applied
}

// hurry notes that there is something to apply.
func (l *layers) hurry(connector string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	of := l.haste[connector]
	of.last = l.now()
	if of.first.IsZero() {
		of.first = of.last
	}
	l.haste[connector] = of
}

const (
	// quiet is how long no message has to come, until what came is applied: of a burst, only the last one is.
	quiet = 250 * time.Millisecond
	// longestBurst is how long that may put it off.
	longestBurst = time.Second
	// pace is the shortest time between two applications to one connector.
	pace = time.Second
)

// due is how long the application of an overlay has to wait yet.
func (h haste) due(now time.Time) time.Duration {
	at := h.laid.Add(pace)
	if settled := h.last.Add(quiet); !h.first.IsZero() {
		if latest := h.first.Add(longestBurst); settled.After(latest) {
			settled = latest
		}
		if settled.After(at) {
			at = settled
		}
	}
	return at.Sub(now)
}

func (l *layers) hasteOf(connector string) haste {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.haste[connector]
}

// waits notes why an overlay is not applied.
func (l *layers) waits(connector, why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	of := l.haste[connector]
	of.why = why
	l.haste[connector] = of
}

// tried notes that an overlay was applied, or why it could not be.
func (l *layers) tried(connector, why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.haste[connector] = haste{laid: l.now(), why: why}
}

// settled says for how long a connector has had all of its overlay, as far as is known: since it was first asked.
func (l *layers) settled(o overlay.Overlay) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	was := l.since[o.Connector]
	if was.version != o.Version || was.at.IsZero() {
		was = arrival{o.Version, l.now()}
		l.since[o.Connector] = was
	}
	return l.now().Sub(was.at)
}

// arrival is when a version was first seen to be in the cluster.
type arrival struct {
	version int64
	at      time.Time
}
