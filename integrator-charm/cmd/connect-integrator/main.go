// Command connect-integrator is the connect-integrator charm: Juju runs it as "dispatch" in every hook, and the charm
// itself as "serve-plugin" in the background.
package main

import (
	"context"
	"log/slog"

	"connectcharms/integrator-charm/internal/charm"
	"connectcharms/requirer-lib/pluginserver"
	"connectcharms/requirer-lib/program"
)

func main() {
	program.Program{
		Name:     "connect-integrator",
		Dispatch: charm.Run,
		Commands: []program.Command{{Name: "serve-plugin", Summary: "serve the plugin until SIGTERM", Run: servePlugin}},
	}.Main()
}

func servePlugin(ctx context.Context, file string, log *slog.Logger) error {
	config, err := pluginserver.Load(file)
	if err != nil {
		return err
	}
	return pluginserver.Serve(ctx, config, log)
}
