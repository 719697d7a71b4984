// Package said keeps what a program says, while it says it, for tests of what it says.
package said

import (
	"bytes"
	"strings"
	"sync"
)

// Lines is what a program has said. The zero value is nothing yet. It may be written and read at the same time.
type Lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write adds to it.
func (l *Lines) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(text)
}

func (l *Lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Field is what follows a name, up to the next space. Empty: that was not said yet.
func (l *Lines) Field(name string) string {
	_, after, _ := strings.Cut(l.String(), name)
	value, _, is := strings.Cut(after, " ")
	if !is {
		return ""
	}
	return value
}

// Has says whether all of these words were said.
func (l *Lines) Has(words ...string) bool {
	for _, word := range words {
		if !strings.Contains(l.String(), word) {
			return false
		}
	}
	return true
}
