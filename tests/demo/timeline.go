package demo

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// timeline prints what happens, each line with the seconds since the start.
type timeline struct {
	out   io.Writer
	start time.Time
	mu    sync.Mutex
}

func (t *timeline) say(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.out, "[%6.1fs] %s\n", time.Since(t.start).Seconds(), fmt.Sprintf(format, args...))
}

// show prints a text below its title.
func (t *timeline) show(title, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.out, "\n── %s\n%s\n\n", title, strings.TrimRight(text, "\n"))
}

// Write takes the progress of something that takes long, line by line.
func (t *timeline) Write(text []byte) (int, error) {
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" {
			t.say("  %s", line)
		}
	}
	return len(text), nil
}

// waitEvery is how often await asks.
const waitEvery = 50 * time.Millisecond

// await waits until done says so.
func await(ctx context.Context, what string, limit time.Duration, done func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(waitEvery)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", what, ctx.Err())
		}
	}
	return nil
}
