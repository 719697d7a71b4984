package control_test

import (
	"bytes"
	"strings"
	"sync"
)

// lines is what a process has said.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(text)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// field is what follows a name, up to the next space.
func (l *lines) field(name string) string {
	_, after, _ := strings.Cut(l.String(), name)
	value, _, is := strings.Cut(after, " ")
	if !is {
		return ""
	}
	return value
}

// has says whether all of these words were said.
func (l *lines) has(words ...string) bool {
	for _, word := range words {
		if !strings.Contains(l.String(), word) {
			return false
		}
	}
	return true
}
