package probe

import (
	"cmp"
	"sync"

	"connectcharms/requirer-lib/connection"
)

// progress is how far one server was got to: it tells what has not come in time.
type progress struct {
	mu    sync.Mutex
	phase connection.Phase
	wrote int16 // to a broker: the last request
}

func (p *progress) reached(phase connection.Phase) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.phase = phase
}

func (p *progress) now() connection.Phase {
	p.mu.Lock()
	defer p.mu.Unlock()
	return cmp.Or(p.phase, connection.PhaseConnect)
}
