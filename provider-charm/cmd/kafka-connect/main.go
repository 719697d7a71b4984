// Command kafka-connect is the kafka-connect charm: Juju runs it as "dispatch" in every hook, Pebble as "gateway" beside
// the worker.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"connectcharms/provider-charm/internal/charm"
	"connectcharms/provider-charm/internal/gateway"
	"connectcharms/requirer-lib/hook"
)

const usage = `usage: kafka-connect dispatch                run the hook that Juju describes in the environment
       kafka-connect gateway --config FILE   run the gateway until SIGTERM
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	if err := run(ctx, os.Args[1:], log); err != nil {
		fmt.Fprintln(os.Stderr, "ERROR", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, log *slog.Logger) error {
	if len(args) == 0 {
		return fmt.Errorf("what to do is missing\n%s", usage)
	}
	switch args[0] {
	case "dispatch":
		h, err := hook.FromEnvironment()
		if err != nil {
			return err
		}
		return charm.Run(ctx, h, log)
	case "gateway":
		return runGateway(ctx, args[1:], log)
	default:
		return fmt.Errorf("%q is nothing to do\n%s", args[0], usage)
	}
}

func runGateway(ctx context.Context, args []string, log *slog.Logger) error {
	flags := flag.NewFlagSet("gateway", flag.ContinueOnError)
	file := flags.String("config", "", "the gateway's configuration `file`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	config, err := gateway.Load(*file)
	if err != nil {
		return err
	}
	return gateway.Run(ctx, config, log)
}
