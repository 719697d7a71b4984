package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"connectcharms/integrator-charm/internal/settings"
	"connectcharms/requirer-lib/secret"
)

// Program is what the command line works with: where it reads and writes, and what it knows of its surroundings.
type Program struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
	// OutTerminal and ErrTerminal say that a person reads: colours, and progress, are for them.
	OutTerminal, ErrTerminal bool
	// Ask puts a question to a person at a terminal, and gives the line that comes back. Nil: nobody is there.
	Ask func(ctx context.Context, question string) (string, error)
	// AskSecret does the same and does not show what is typed.
	AskSecret func(ctx context.Context, question string) (secret.Value, error)
	// Environ looks an environment variable up.
	Environ settings.Environ
	// Now is the time, and Every how often what changes is looked at. Zero: the clock, and half a second.
	Now   func() time.Time
	Every time.Duration
	// Version is the program's.
	Version string
}

// Run carries out one command line, without the program's name, and gives the exit code.
func (p Program) Run(ctx context.Context, args []string) int {
	if p.Now == nil {
		p.Now = time.Now
	}
	if p.Every == 0 {
		p.Every = 500 * time.Millisecond
	}
	s := &session{Program: p, aside: &aside{to: p.Err}, documents: map[string]fetched{}}
	s.Err = s.aside
	defer s.close()
	root := rootCommand(s)
	root.SetArgs(args)
	root.SetIn(p.In)
	root.SetOut(p.Out)
	root.SetErr(s.Err)
	err := root.ExecuteContext(ctx)
	code := codeOf(ctx, err)
	if text := message(err, code); text != "" {
		_, _ = fmt.Fprintln(s.Err, "connect-manager:", printable(text))
	}
	return code
}
