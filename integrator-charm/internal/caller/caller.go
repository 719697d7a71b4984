// Package caller has a command run when there is something new for whoever stands behind it: under Juju, the charm's hook,
// which fetches it over the manager's socket. The command is told nothing: what is new may be secret. It knows nothing of Juju.
package caller

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// Caller runs a command whenever it is called, one at a time: calls that come while it runs are one more run. It is killed
// with who owns it: juju-exec waits for the end of a hook that may be waiting for the manager's.
type Caller struct {
	command atomic.Pointer[[]string]
	longest time.Duration
	pauses  Pauses
	log     *slog.Logger
	due     chan struct{}
}

// Pauses is how long to wait before a command is run again that has failed so many times in a row.
type Pauses func(failures int) time.Duration

// Doubling begins with a second, and ends at five minutes.
func Doubling(failures int) time.Duration {
	return min(time.Second<<min(failures-1, 10), 5*time.Minute)
}

// Longest is how long a command may take under Juju. It waits for the hook that runs, which may be a plugin's download or the wait
// for a turn; one that never comes back would have nothing new be fetched any more.
const Longest = 30 * time.Minute

// New makes a caller of commands that are killed, and run again, when they take longer than longest. Without a command, calls do
// nothing: see Set.
func New(longest time.Duration, pauses Pauses, log *slog.Logger) *Caller {
	c := &Caller{longest: longest, pauses: pauses, log: log, due: make(chan struct{}, 1)}
	c.Set(nil)
	return c
}

// Set says what is run from now on: a program and its arguments.
func (c *Caller) Set(command []string) { c.command.Store(&command) }

// Call has the command run soon. It never waits.
func (c *Caller) Call() {
	select {
	case c.due <- struct{}{}:
	default: // it is due already
	}
}

// Run runs the command when it is called, until the context ends.
func (c *Caller) Run(ctx context.Context) {
	failures := 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.due:
		}
		command := *c.command.Load()
		if len(command) == 0 {
			continue
		}
		err := c.run(ctx, command)
		if err == nil {
			failures = 0
			continue
		}
		failures++
		if ctx.Err() == nil {
			c.log.Warn("call", "command", command[0], "failures", failures, "error", err)
		}
		c.Call()
		select {
		case <-ctx.Done():
			return
		case <-time.After(c.pauses(failures)):
		}
	}
}

// kept are the variables that the command sees of the manager's environment, in which there is what is meant for it alone.
var kept = []string{"PATH=", "HOME=", "LANG="}

func (c *Caller) run(ctx context.Context, words []string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.longest, fmt.Errorf("it did not end within %s", c.longest))
	defer cancel()
	command := exec.CommandContext(ctx, words[0], words[1:]...)
	for _, variable := range os.Environ() {
		for _, name := range kept {
			if strings.HasPrefix(variable, name) {
				command.Env = append(command.Env, variable)
			}
		}
	}
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
	if err := command.Run(); err != nil {
		return errors.Join(err, context.Cause(ctx))
	}
	return nil
}
