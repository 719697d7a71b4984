package connectclient_test

import (
	"context"
	"errors"
	"log"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/hook"
)

// A whole charm: Juju's dispatch runs it in every hook.
func ExampleClient() {
	h, err := hook.FromEnvironment()
	if err == nil {
		err = dispatch(context.Background(), h)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func dispatch(ctx context.Context, h *hook.Hook) error {
	client := connectclient.New(h, connectclient.Options{})
	if err := client.Request(ctx, connectclient.NotRequired()); err != nil {
		return err
	}
	connection, err := client.Connection(ctx)
	if status, notReady := connectclient.Status(err); notReady {
		return h.StatusSet(ctx, status)
	}
	if err != nil {
		return err
	}
	cluster, err := connection.Client()
	if err != nil {
		return err
	}
	defer cluster.Close()
	config := map[string]string{"connector.class": "FileStreamSource", "file": "/tmp/lines.txt", "topic": "lines"}
	_, err = cluster.Create(ctx, connection.ConnectorName("lines"), config, connect.InitialRunning)
	if err != nil && !errors.Is(err, connect.ErrAlreadyExists) {
		return err
	}
	return h.StatusSet(ctx, hook.Status{Name: hook.Active})
}
