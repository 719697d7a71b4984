package hook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// DefaultTimeout bounds one tool call: a tool only asks the unit's agent, which answers from its cache or from the
// controller in well under a second.
const DefaultTimeout = 30 * time.Second

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
	ExitCode int
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

// Tools are the hook tools, typed. The zero Tools is not usable: see [New] and [FromEnvironment].
type Tools struct {
	runner  Runner
	timeout time.Duration
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
	return &Hook{Event: event, Tools: &Tools{runner: runner, timeout: DefaultTimeout}}, nil
}

// FromEnvironment makes the hook that this process was started for by Juju. The error is [ErrNotInHook] elsewhere.
func FromEnvironment() (*Hook, error) { return New(os.Environ(), commands{}) }

// run calls a tool within the deadline.
func (t *Tools) run(ctx context.Context, tool string, args ...string) ([]byte, error) {
	return t.runInput(ctx, nil, tool, args...)
}

func (t *Tools) runInput(ctx context.Context, stdin []byte, tool string, args ...string) ([]byte, error) {
	limited, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	stdout, err := t.runner.Run(limited, Call{Tool: tool, Args: args, Stdin: stdin})
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("%s: no answer from the unit's agent within %v: %w", tool, t.timeout, context.DeadlineExceeded)
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

// commands runs the tools that Juju puts on PATH.
type commands struct{}

func (commands) Run(ctx context.Context, call Call) ([]byte, error) {
	command := exec.CommandContext(ctx, call.Tool, call.Args...)
	command.WaitDelay = time.Second // a tool's stray child must not hold the pipes open
	if call.Stdin != nil {
		command.Stdin = bytes.NewReader(call.Stdin)
	}
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && ctx.Err() == nil {
		message := strings.TrimPrefix(strings.TrimSpace(stderr.String()), "ERROR ")
		return nil, &ToolError{Tool: call.Tool, ExitCode: exit.ExitCode(), Message: message}
	}
	if err != nil {
		return nil, fmt.Errorf("run hook tool %s: %w", call.Tool, err)
	}
	return stdout.Bytes(), nil
}
