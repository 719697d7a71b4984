// Command kafka-connect is the kafka-connect charm: Juju runs it as "dispatch" in every hook, Pebble as "gateway" beside
// the worker.
package main

import (
	"context"
	"log/slog"

	"connectcharms/provider-charm/internal/charm"
	"connectcharms/provider-charm/internal/gateway"
	"connectcharms/requirer-lib/program"
)

func main() {
	program.Program{
		Name:     "kafka-connect",
		Dispatch: charm.Run,
		Commands: []program.Command{{Name: "gateway", Summary: "run the gateway until SIGTERM", Run: runGateway}},
	}.Main()
}

func runGateway(ctx context.Context, file string, log *slog.Logger) error {
	config, err := gateway.Load(file)
	if err != nil {
		return err
	}
	return gateway.Run(ctx, config, log)
}
