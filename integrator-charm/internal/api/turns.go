package api

import (
	"errors"
	"sync"
)

// mostTurns is how many requests with control messages are worked on at a time for one token: a connector that has gone wild takes no
// places from people, nor from other connectors.
const mostTurns = 16

// turns are the requests with control messages that are under way, by whose they are.
type turns struct {
	mu sync.Mutex
	by map[string]int
}

var errTooMany = notNow{errors.New("too many control messages at a time")}

// enter takes a turn, which leave gives back.
func (t *turns) enter(name string) (leave func(), err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.by[name] >= mostTurns {
		return nil, errTooMany
	}
	if t.by == nil {
		t.by = map[string]int{}
	}
	t.by[name]++
	return func() { t.leave(name) }, nil
}

func (t *turns) leave(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.by[name]--; t.by[name] == 0 {
		delete(t.by, name)
	}
}
