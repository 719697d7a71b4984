package kafka

import (
	"io"
	"strings"
	"sync"
)

// tailSize is how much of a process's output an error shows, in bytes.
const tailSize = 6 << 10

// output passes what a process prints to a writer, and keeps the end of it for errors.
type output struct {
	to io.Writer

	mu   sync.Mutex
	last []byte
}

// newOutput returns an output to a writer, or to none when it is nil.
func newOutput(to io.Writer) *output {
	if to == nil {
		to = io.Discard
	}
	return &output{to: to}
}

// Write never fails: a log that cannot be written must not end the process that logs.
func (o *output) Write(printed []byte) (int, error) {
	o.mu.Lock()
	o.last = append(o.last, printed...)
	if extra := len(o.last) - tailSize; extra > 0 {
		o.last = append(o.last[:0], o.last[extra:]...)
	}
	o.mu.Unlock()
	_, _ = o.to.Write(printed)
	return len(printed), nil
}

func (o *output) tail() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	text := string(o.last)
	if _, whole, cut := strings.Cut(text, "\n"); cut && len(o.last) == tailSize {
		text = whole // The first line has lost its beginning.
	}
	return strings.TrimSpace(text)
}

func (o *output) contains(text string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Contains(string(o.last), text)
}
