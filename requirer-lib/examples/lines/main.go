// Command lines is a whole charm: it has Kafka Connect read a file of its workers into a topic. The tutorial
// docs/write-an-integrator.md goes through it.
package main

import (
	"context"
	"log/slog"

	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/pluginserver"
	"connectcharms/requirer-lib/program"
)

var charm = program.Program{
	Name:     "lines",
	Dispatch: dispatch,
	Commands: []program.Command{pluginserver.Command()},
}

func main() { charm.Main() }

// dispatch runs in every hook.
func dispatch(ctx context.Context, h *hook.Hook, log *slog.Logger) error {
	options, err := h.ConfigGet(ctx)
	if err != nil {
		return err
	}
	client := connectclient.New(h, connectclient.Options{Log: log})
	err = client.Request(ctx, connectclient.FromFile("plugin.tar.gz"))
	if status, known := connectclient.Status(err); known {
		return h.StatusSet(ctx, status)
	}
	if err != nil {
		return err
	}
	connections, err := client.Connections(ctx)
	if err != nil {
		return err
	}
	var reports []connectors.Report
	for _, connection := range connections {
		report, err := connectors.Reconcile(ctx, connection, desired(options), connectors.Options{Log: log})
		if err != nil {
			return err
		}
		reports = append(reports, report)
	}
	return h.StatusSet(ctx, connectors.Status(reports...))
}

func desired(options hook.Config) connectors.Desired {
	return connectors.Desired{"lines": {Config: map[string]string{
		"connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector",
		"file":            options.String("file"), "topic": options.String("topic"),
	}}}
}
