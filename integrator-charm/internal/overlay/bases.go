package overlay

import (
	"sync"

	"connectcharms/requirer-lib/connectors"
)

// Bases remembers whether what was declared is still declared so: to find out takes milliseconds, and is asked with every look.
// The zero value will do.
type Bases struct {
	mu    sync.Mutex
	known map[question]bool
}

// question is what was asked of a base. It may have a secret in it, as what is declared has.
type question struct {
	base  connectors.Base
	text  string
	isKey bool
	has   bool
}

// mostKnown bounds what is remembered; then it begins anew.
const mostKnown = 10_000

// Is is connectors.Base.Is.
func (b *Bases) Is(base connectors.Base, value string, has bool) bool {
	return b.ask(question{base, value, true, has}, func() bool { return base.Is(value, has) })
}

// IsOf is connectors.Base.IsOf.
func (b *Bases) IsOf(base connectors.Base, declared connectors.Connector) bool {
	return b.ask(question{base: base, text: declared.Entry()}, func() bool { return base.IsOf(declared) })
}

func (b *Bases) ask(about question, find func() bool) bool {
	b.mu.Lock()
	answer, is := b.known[about]
	b.mu.Unlock()
	if is {
		return answer
	}
	answer = find()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.known == nil || len(b.known) >= mostKnown {
		b.known = map[question]bool{}
	}
	b.known[about] = answer
	return answer
}
