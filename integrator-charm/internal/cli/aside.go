package cli

import (
	"fmt"
	"io"
	"sync"
)

// clearLine takes a terminal's current line away.
const clearLine = "\r\x1b[K"

// aside is Err for many goroutines: notes and progress come from those that change connectors, too. It keeps one line of
// progress on a terminal below what is written.
type aside struct {
	mu      sync.Mutex
	to      io.Writer
	hasLine bool
}

// Write writes whole lines.
func (a *aside) Write(text []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.clear()
	return a.to.Write(text)
}

// show puts a line in place of the one that stands there.
func (a *aside) show(line string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, _ = fmt.Fprint(a.to, clearLine+line)
	a.hasLine = true
}

// end takes the line away.
func (a *aside) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.clear()
}

func (a *aside) clear() {
	if a.hasLine {
		_, _ = fmt.Fprint(a.to, clearLine)
		a.hasLine = false
	}
}
