package manager

import (
	"sync"
	"time"
)

// backlog is that messages wait which came before the manager began. Until they are taken, an older one is not applied: it may name a
// credential that was used up since.
type backlog struct {
	now func() time.Time

	mu    sync.Mutex
	until time.Time
}

// remaining is how long to wait for it yet.
func (b *backlog) remaining() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.until.Sub(b.now())
}

func (b *backlog) wait(until time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.until = until
}

// AwaitBacklog has nothing applied of what connectors have changed until caughtUp is called, or the time is over: it is for whoever
// reads messages that may have come while the manager did not run.
func (m *Manager) AwaitBacklog(longest time.Duration) (caughtUp func()) {
	m.backlog.wait(m.now().Add(longest))
	return func() {
		m.backlog.wait(time.Time{})
		for _, one := range m.all() {
			poke(one.layers.news)
		}
	}
}
