package controltopic

import (
	"maps"
	"sync"
)

// place is one partition of one topic.
type place struct {
	topic     string
	partition int32
}

// backlog is what was in the topics when reading them began: the offsets up to which each partition is to be tried, before all that
// was said until then is known.
type backlog struct {
	caughtUp func() // called once, when all goals are reached

	mu      sync.Mutex
	goals   map[place]int64 // nil: not known yet
	reached map[place]int64
	over    bool
}

func newBacklog() *backlog { return &backlog{caughtUp: func() {}, reached: map[place]int64{}} }

// measured sets the goals, once.
func (b *backlog) measured(goals map[place]int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.goals == nil {
		b.goals = maps.Clone(goals)
		b.check()
	}
}

func (b *backlog) isMeasured() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.goals != nil
}

// reach notes how far a partition has been tried.
func (b *backlog) reach(at place, offset int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over {
		return
	}
	b.reached[at] = offset
	if b.goals != nil {
		b.check()
	}
}

func (b *backlog) check() {
	for at, goal := range b.goals {
		if b.reached[at] >= goal {
			delete(b.goals, at)
		}
	}
	if len(b.goals) == 0 && !b.over {
		b.over = true
		b.caughtUp()
	}
}
