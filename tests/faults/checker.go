package faults

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"connectcharms/tests/pair"
)

// Checker looks at what must be so at any moment, again and again, until it is ended. The first thing that is not so ends it,
// and with it the context that it was begun with.
type Checker struct {
	end    context.CancelFunc
	looks  sync.WaitGroup
	failed context.CancelCauseFunc

	mu    sync.Mutex
	count map[string]int // looks, by what is looked at
}

// glance is what lies between two looks at the same thing.
const glance = 50 * time.Millisecond

// Check begins to look. The context that it returns ends with what was seen as its cause.
func (s *Stage) Check(ctx context.Context) (context.Context, *Checker) {
	ctx, failed := context.WithCancelCause(ctx)
	looking, end := context.WithCancel(ctx)
	c := &Checker{end: end, failed: failed, count: map[string]int{}}
	for what, look := range map[string]func(context.Context) []string{
		"somebody comes in who may not":       s.comeIn,
		"what is published does not work":     s.refused,
		"a plugin is half installed":          func(context.Context) []string { return s.half() },
		"a connector of another's is touched": func(context.Context) []string { return s.touched() },
		"a hook fails that nobody has killed": func(context.Context) []string { return s.failed() },
	} {
		c.looks.Go(func() { c.look(looking, what, look) })
	}
	return ctx, c
}

func (c *Checker) look(ctx context.Context, what string, look func(context.Context) []string) {
	for ctx.Err() == nil {
		problems := look(ctx)
		if ctx.Err() != nil {
			return
		}
		if len(problems) > 0 {
			c.failed(fmt.Errorf("%s:\n  %s", what, strings.Join(problems, "\n  ")))
			return
		}
		c.mu.Lock()
		c.count[what]++
		c.mu.Unlock()
		pause(ctx, glance)
	}
}

// End ends all looking, and says how often was looked.
func (c *Checker) End() map[string]int {
	c.end()
	c.looks.Wait()
	return c.count
}

// comeIn says who comes in that may not: strangers anywhere, and whoever was a client on a unit that has seen the end of the
// relation. That is the bound: an account ends on a unit with its hook relation-broken.
func (s *Stage) comeIn(ctx context.Context) (problems []string) {
	who := s.strangers()
	for _, name := range s.Units(pair.Provider) {
		if unit, err := s.Unit(name); err == nil {
			problems = append(problems, s.intruders(ctx, unit, append(who, s.ghosts(name)...))...)
		}
	}
	return problems
}

// failed says which hooks have failed that were not killed, and that had all that they cannot do without: Pebble, and where they
// began as the leader's, leadership.
func (s *Stage) failed() (problems []string) {
	for _, run := range s.HookLog() {
		if run.Err != "" && !strings.Contains(run.Err, "signal: killed") && !s.Ledger.excuses(run) {
			problems = append(problems, fmt.Sprintf("%s of %s: %s\n%s", run.Name, run.Unit, run.Err, run.Output))
		}
	}
	return problems
}
