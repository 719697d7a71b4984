// Command juju-status prints the status of a model of the local Juju controller as JSON, by way of Juju's API:
//
//	go run ./cmd/juju-status MODEL
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"connectcharms/tests/juju/model"
)

// A local controller that answers at all does so in milliseconds.
const patience = 30 * time.Second

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: juju-status MODEL")
		os.Exit(2)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	err := printStatus(ctx, os.Args[1])
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, "juju-status:", err)
		os.Exit(1)
	}
}

func printStatus(ctx context.Context, name string) (err error) {
	controller, err := model.Local(model.OnMachines)
	if err != nil {
		return err
	}
	observed, err := controller.Model(ctx, name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, observed.Close()) }()
	status, err := observed.Status(ctx)
	if err != nil {
		return err
	}
	output := json.NewEncoder(os.Stdout)
	output.SetIndent("", "  ")
	return output.Encode(status)
}
