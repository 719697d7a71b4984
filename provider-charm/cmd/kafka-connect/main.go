// Command kafka-connect is the kafka-connect charm: Juju runs it as "dispatch" in every hook, Pebble as "gateway" beside
// the worker.
package main

import (
	"context"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"connectcharms/provider-charm/internal/charm"
	"connectcharms/provider-charm/internal/gateway"
	"connectcharms/provider-charm/internal/metrics"
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
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	registry.MustRegister(metrics.New(config.Upstream, metrics.FileBeside(file))...)
	return gateway.Run(ctx, file, registry, log)
}
