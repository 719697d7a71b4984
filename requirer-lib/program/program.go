// Package program is the command line of a charm's program: "dispatch", which Juju runs in every hook, and the commands
// by which the charm runs the same program for other things, each with a configuration file.
package program

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"connectcharms/requirer-lib/hook"
)

// Program is a charm's program.
type Program struct {
	Name     string
	Dispatch func(ctx context.Context, h *hook.Hook, log *slog.Logger) error
	Commands []Command
}

// Command is something else that the program does: "NAME --config FILE".
type Command struct {
	Name    string
	Summary string
	Run     func(ctx context.Context, config string, log *slog.Logger) error
}

// Main runs the program with the process's arguments and ends the process: with 1 after an error, which it has printed.
// SIGTERM and SIGINT end the context.
func (p Program) Main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := p.Run(ctx, os.Args[1:], os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "ERROR", err)
		os.Exit(1)
	}
}

// hookGC lets the heap of a hook grow to five times what is live, in percent: a hook ends within milliseconds as a rule,
// and collecting took a sixth of its CPU time.
const hookGC = 400

// Run runs the program with args. A hook logs to the model's log, a command to stderr.
func (p Program) Run(ctx context.Context, args []string, stderr io.Writer) error {
	if len(args) == 0 {
		return fmt.Errorf("what to do is missing\n%s", p.usage())
	}
	if args[0] == "dispatch" {
		debug.SetGCPercent(hookGC)
		h, err := hook.FromEnvironment()
		if err != nil {
			return err
		}
		return p.Dispatch(ctx, h, slog.New(h.LogHandler()))
	}
	for _, command := range p.Commands {
		if command.Name != args[0] {
			continue
		}
		config, err := configFile(args, stderr)
		if err != nil {
			return err
		}
		return command.Run(ctx, config, slog.New(slog.NewTextHandler(stderr, nil)))
	}
	return fmt.Errorf("%q is nothing to do\n%s", args[0], p.usage())
}

// TestMain runs the tests of the package that the program is in, for its func TestMain. A charm that runs its program for
// other things, such as the plugin server, runs the test's binary when the test is in the same process (package jujutest's
// FromProgram): TestMain makes that binary do those other things.
func (p Program) TestMain(m interface{ Run() int }) {
	for _, command := range p.Commands {
		if len(os.Args) > 1 && os.Args[1] == command.Name {
			p.Main()
			os.Exit(0)
		}
	}
	os.Exit(m.Run())
}

func configFile(args []string, stderr io.Writer) (string, error) {
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	flags.SetOutput(stderr)
	file := flags.String("config", "", "the configuration `file`")
	if err := flags.Parse(args[1:]); err != nil {
		return "", err
	}
	if *file == "" || flags.NArg() > 0 {
		return "", fmt.Errorf("%s takes --config FILE and nothing else", args[0])
	}
	return *file, nil
}

func (p Program) usage() string {
	var text strings.Builder
	fmt.Fprintf(&text, "usage: %s dispatch: run the hook that Juju describes in the environment", p.Name)
	for _, command := range p.Commands {
		fmt.Fprintf(&text, "\n       %s %s --config FILE: %s", p.Name, command.Name, command.Summary)
	}
	return text.String()
}
