// Command ensure-controller says which Juju controller tests of a kind take, and starts the local one where there is none, or where it
// ran until this host was restarted:
//
//	go run ./cmd/ensure-controller machines|kubernetes
package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"

	"connectcharms/tests/juju/model"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: ensure-controller machines|kubernetes")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := ensure(ctx, model.Substrate(os.Args[1]))
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "ensure-controller:", err)
		os.Exit(1)
	}
}

func ensure(ctx context.Context, on model.Substrate) error {
	chosen, err := model.Choose(ctx, on)
	if errors.Is(err, fs.ErrNotExist) || err == nil && chosen.IsLocal() {
		return model.StartLocal(ctx, on, os.Stdout)
	}
	if err == nil {
		fmt.Printf("on the controller %q, its models on %s\n", chosen.Name, on)
	}
	return err
}
