package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// The exit codes. They are part of what the program promises: --help and docs/connect-manager.md name them.
const (
	exitDone        = 0
	exitFailed      = 1
	exitChanges     = 2
	exitRefused     = 3
	exitTimeOver    = 4
	exitUsage       = 5
	exitInterrupted = 130
)

const exitCodes = `Exit codes:
  0    done; of plan: there is nothing to change
  1    something failed; what did is told
  2    of plan: there are changes
  3    refused: the cluster has moved since the plan, what is to be changed has since it was looked at, a change waits for approval,
       a connector is protected, nobody confirmed
  4    the time was over before what was waited for came about
  5    the command line is wrong
  130  interrupted; what was done until then is told`

// coded is an error that has an exit code of its own.
type coded struct {
	error
	code int
}

func (c coded) Unwrap() error { return c.error }

func withCode(code int, err error) error { return coded{err, code} }

// usage is for a command line that cannot be carried out.
func usage(format string, args ...any) error { return withCode(exitUsage, fmt.Errorf(format, args...)) }

// errTold is where all has been told already, but the code.
var errTold = errors.New("")

// refused is for what is not done because somebody should look first.
func refused(format string, args ...any) error {
	return withCode(exitRefused, fmt.Errorf(format, args...))
}

// codeOf says how the program ends.
func codeOf(ctx context.Context, err error) int {
	var own coded
	switch {
	case err == nil:
		return exitDone
	case errors.Is(ctx.Err(), context.Canceled):
		return exitInterrupted
	case errors.As(err, &own):
		return own.code
	case errors.Is(err, context.DeadlineExceeded):
		return exitTimeOver
	}
	return exitFailed
}

func message(err error, code int) string {
	switch {
	case err == nil:
		return ""
	case code == exitInterrupted:
		return "interrupted"
	}
	return strings.TrimSpace(err.Error())
}
