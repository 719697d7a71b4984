package connectors

import (
	"cmp"
	"maps"
	"slices"
	"sync"
)

// inOrder is the order in which changes begin: first what goes or rests, last what is new or gets going, so that of a
// connector that has got another name the old one goes before the new one comes. None waits for another's end: it may be
// long in coming.
func inOrder(changes map[string]Change) []string {
	return slices.SortedFunc(maps.Keys(changes), func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(changes[a]), rank(changes[b])), cmp.Compare(a, b))
	})
}

func rank(change Change) int {
	switch change.Actions[0] {
	case Delete, Stop, Pause:
		return 0
	case Create, Resume:
		return 2
	}
	return 1
}

// progress counts the changes of a call.
type progress struct {
	tell         func(done, total int)
	mu           sync.Mutex
	ended, total int
}

func (p *progress) expect(changes int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total += changes
}

func (p *progress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended++
	if p.tell != nil {
		p.tell(p.ended, p.total)
	}
}
