package hook

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// MaxOutput bounds what a tool may say, in bytes. Juju's own limits are far below: 1 MB of a secret, 2 MB of a unit's state.
const MaxOutput = 32 << 20

const maxErrorOutput = 64 << 10

var errTooMuch = fmt.Errorf("it says more than %d MiB", MaxOutput>>20)

// commands runs the tools that Juju puts on PATH.
type commands struct{}

// Run implements [Runner]. A tool that says too much or outlives the context is killed.
func (commands) Run(ctx context.Context, call Call) ([]byte, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	stdout := &bounded{limit: MaxOutput, full: func() { stop(errTooMuch) }}
	stderr := &bounded{limit: maxErrorOutput, full: func() {}}
	command := exec.CommandContext(ctx, call.Tool, call.Args...)
	command.WaitDelay = time.Second // a tool's stray child must not hold the pipes open
	command.Stdout, command.Stderr = stdout, stderr
	if call.Stdin != nil {
		command.Stdin = bytes.NewReader(call.Stdin)
	}
	err := command.Run()
	var exit *exec.ExitError
	switch {
	case err == nil && !stdout.overflowed:
		return stdout.buffer.Bytes(), nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("run hook tool %s: %w", call.Tool, context.Cause(ctx))
	case errors.As(err, &exit):
		message := strings.TrimPrefix(strings.TrimSpace(stderr.buffer.String()), "ERROR ")
		return nil, &ToolError{Tool: call.Tool, ExitCode: exit.ExitCode(), Message: cmp.Or(message, "it failed without a word")}
	case errors.Is(err, exec.ErrNotFound):
		return nil, fmt.Errorf("run hook tool %s: it is not on PATH, where Juju puts it for hooks: %w", call.Tool, err)
	}
	return nil, fmt.Errorf("run hook tool %s: %w", call.Tool, err)
}

// bounded keeps the beginning of what is written, and drops the rest.
type bounded struct {
	buffer     bytes.Buffer
	limit      int
	full       func() // called when something is dropped
	overflowed bool
}

func (b *bounded) Write(text []byte) (int, error) {
	kept := min(len(text), b.limit-b.buffer.Len())
	b.buffer.Write(text[:kept])
	if kept < len(text) {
		b.overflowed = true
		b.full()
	}
	return len(text), nil
}
