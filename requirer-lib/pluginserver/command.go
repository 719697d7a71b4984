package pluginserver

import (
	"context"
	"log/slog"

	"connectcharms/requirer-lib/program"
)

// Command is the command by which the charm's own program is the server: for program.Program's Commands.
func Command() program.Command {
	return program.Command{Name: "serve-plugin", Summary: "serve the plugin until SIGTERM", Run: run}
}

func run(ctx context.Context, file string, log *slog.Logger) error {
	config, err := Load(file)
	if err != nil {
		return err
	}
	return Serve(ctx, config, log)
}
