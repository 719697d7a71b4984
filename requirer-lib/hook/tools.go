package hook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

const (
	// DefaultTimeout bounds one tool call: a tool only asks the unit's agent, which answers from its cache or from the
	// controller in well under a second.
	DefaultTimeout = 30 * time.Second

	// ResourceTimeout bounds resource-get, which downloads the resource from the controller at the first call.
	ResourceTimeout = 10 * time.Minute
)

// Call is one run of one hook tool.
type Call struct {
	Tool  string
	Args  []string
	Stdin []byte
}

// Runner runs hook tools. The error is a *ToolError when the tool ran and failed.
type Runner interface {
	Run(ctx context.Context, call Call) (stdout []byte, err error)
}

// ToolError is a hook tool's refusal.
type ToolError struct {
	Tool     string
	ExitCode int    // -1 when a signal ended the tool
	Message  string // what the tool said on standard error, without its "ERROR " mark
}

func (e *ToolError) Error() string {
	return fmt.Sprintf("%s: %s (exit code %d)", e.Tool, e.Message, e.ExitCode)
}

// Says reports whether err is a tool's refusal whose message contains part.
func Says(err error, part string) bool {
	var refusal *ToolError
	return errors.As(err, &refusal) && strings.Contains(refusal.Message, part)
}

// IsNotFound reports whether err is a tool's "not found".
func IsNotFound(err error) bool { return Says(err, "not found") }

// IsUnreadable reports whether err is the refusal to show a secret that is not there for this unit, or not yet, and why in the
// tool's words. Juju words it differently from version to version.
func IsUnreadable(err error) (why string, is bool) {
	for _, words := range []string{"not found", "not allowed", "permission denied"} {
		if Says(err, words) {
			refusal, _ := errors.AsType[*ToolError](err)
			return refusal.Message, true
		}
	}
	return "", false
}

// Tools are the hook tools, typed. The zero Tools is not usable: see [New] and [FromEnvironment].
//
// Juju flushes at the end of a hook what its tools have changed in databags, secrets, ports and state, all together, and
// drops it all when the hook fails. Statuses, the workload's version and an action's results are taken at once.
type Tools struct {
	runner  Runner
	timeout time.Duration // 0: each tool's own
}

// Hook is one dispatch of a charm: what happened, and the tools to answer with.
type Hook struct {
	Event
	*Tools
}

// New makes the hook that environ (in the form of os.Environ) describes, with its tools run by runner.
func New(environ []string, runner Runner) (*Hook, error) {
	event, err := ParseEvent(environ)
	if err != nil {
		return nil, err
	}
	return &Hook{Event: event, Tools: &Tools{runner: runner}}, nil
}

// FromEnvironment makes the hook that this process was started for by Juju. The error is [ErrNotInHook] elsewhere.
func FromEnvironment() (*Hook, error) { return New(os.Environ(), commands{}) }

// WithTimeout gives the same tools with another bound of one call, resource-get included.
func (t *Tools) WithTimeout(timeout time.Duration) *Tools {
	return &Tools{runner: t.runner, timeout: timeout}
}

func (t *Tools) timeoutOf(tool string) time.Duration {
	switch {
	case t.timeout > 0:
		return t.timeout
	case tool == "resource-get":
		return ResourceTimeout
	}
	return DefaultTimeout
}

// run calls a tool within the deadline.
func (t *Tools) run(ctx context.Context, tool string, args ...string) ([]byte, error) {
	return t.runInput(ctx, nil, tool, args...)
}

func (t *Tools) runInput(ctx context.Context, stdin []byte, tool string, args ...string) ([]byte, error) {
	timeout := t.timeoutOf(tool)
	late := fmt.Errorf("no answer from the unit's agent within %v: %w", timeout, context.DeadlineExceeded)
	limited, cancel := context.WithTimeoutCause(ctx, timeout, late)
	defer cancel()
	stdout, err := t.runner.Run(limited, Call{Tool: tool, Args: args, Stdin: stdin})
	var refusal *ToolError
	if err != nil && limited.Err() != nil && !errors.As(err, &refusal) {
		return nil, fmt.Errorf("%s: %w", tool, context.Cause(limited))
	}
	return stdout, err
}

// runJSON calls a tool with --format=json and decodes what it says. No output leaves result as it is.
func (t *Tools) runJSON(ctx context.Context, result any, tool string, args ...string) error {
	stdout, err := t.run(ctx, tool, append([]string{"--format=json"}, args...)...)
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(stdout)) == 0 {
		return nil
	}
	if err := json.Unmarshal(stdout, result); err != nil {
		return fmt.Errorf("%s: its answer is not the JSON expected: %w", tool, err)
	}
	return nil
}
