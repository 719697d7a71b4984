// Command connect-integrator is the connect-integrator charm: Juju runs it as "dispatch" in every hook, and the charm
// itself as "serve-plugin" in the background.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"connectcharms/integrator-charm/internal/charm"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/pluginserver"
)

const usage = `usage: connect-integrator dispatch                     run the hook that Juju describes in the environment
       connect-integrator serve-plugin --config FILE   serve the plugin until SIGTERM
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
	case "serve-plugin":
		return servePlugin(ctx, args[1:], log)
	default:
		return fmt.Errorf("%q is nothing to do\n%s", args[0], usage)
	}
}

func servePlugin(ctx context.Context, args []string, log *slog.Logger) error {
	flags := flag.NewFlagSet("serve-plugin", flag.ContinueOnError)
	file := flags.String("config", "", "the plugin server's configuration `file`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	config, err := pluginserver.Load(*file)
	if err != nil {
		return err
	}
	return pluginserver.Serve(ctx, config, log)
}
