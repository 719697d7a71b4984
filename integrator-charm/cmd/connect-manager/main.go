// Command connect-manager makes the connectors on Kafka Connect clusters those of a state file: command line and daemon.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"connectcharms/integrator-charm/internal/cli"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	return program().Run(ctx, os.Args[1:])
}

func program() cli.Program {
	p := cli.Program{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		OutTerminal: isTerminal(os.Stdout), ErrTerminal: isTerminal(os.Stderr),
		Environ: os.LookupEnv, Version: version(),
	}
	if isTerminal(os.Stdin) && p.ErrTerminal {
		p.Ask, p.AskSecret = ask, askSecret
	}
	return p
}
