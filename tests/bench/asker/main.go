// Command asker is a charm that does no more than an integrator must: it asks for a plugin, reads the answer and its secret, and
// sets its status. testdata/asker does the same in Python on ops; what a hook of the two costs is compared.
package main

import (
	"context"
	"fmt"
	"log/slog"

	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/program"
)

func main() { program.Program{Name: "asker", Dispatch: dispatch}.Main() }

// dispatch runs in every hook.
func dispatch(ctx context.Context, h *hook.Hook, log *slog.Logger) error {
	client := connectclient.New(h, connectclient.Options{Log: log})
	if err := client.Request(ctx, connectclient.FromURL("http://10.0.0.1:8080/api/v1/plugin", "")); err != nil {
		return err
	}
	connection, err := client.Connection(ctx)
	if status, notReady := connectclient.Status(err); notReady {
		return h.StatusSet(ctx, status)
	}
	if err != nil {
		return err
	}
	message := fmt.Sprintf("%s at %d endpoints", connection.Username(), len(connection.Endpoints()))
	return h.StatusSet(ctx, hook.Status{Name: hook.Active, Message: message})
}
