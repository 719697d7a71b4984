package cli

import (
	"fmt"
	"time"
)

// progress tells a person how far something has come: on a terminal in one line that changes, elsewhere a line a second
// with -v, and else nothing.
type progress struct {
	s    *session
	last time.Time
}

// betweenLines is the least time from one line to the next.
const betweenLines = time.Second

func (s *session) progress() *progress { return &progress{s: s, last: s.Now()} }

// say is called by one goroutine at a time.
func (p *progress) say(format string, args ...any) {
	now := p.s.Now()
	if !p.s.ErrTerminal && !p.s.flags.verbose || now.Sub(p.last) < betweenLines {
		return
	}
	p.last = now
	line := cellText(fmt.Sprintf(format, args...))
	if p.s.ErrTerminal {
		p.s.aside.show(line)
	} else {
		_, _ = fmt.Fprintln(p.s.aside, line)
	}
}

// done takes the line away again.
func (p *progress) done() { p.s.aside.end() }
