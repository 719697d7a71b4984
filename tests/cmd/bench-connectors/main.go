// Command bench-connectors compares package connectors with one PUT for each connector, on a real worker, and prints a
// table in Markdown.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"connectcharms/tests/bench"
	"connectcharms/tests/kafka"
)

func main() {
	number := flag.Int("connectors", 100, "how many connectors")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *number); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, number int) (err error) {
	dir, err := os.MkdirTemp("", "bench-connectors")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	runtime, err := kafka.Fetch(ctx, kafka.DefaultVersion, os.Stderr)
	if err != nil {
		return err
	}
	broker, err := kafka.StartBroker(ctx, runtime, kafka.BrokerOptions{Dir: filepath.Join(dir, "broker")})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, broker.Stop()) }()
	worker, err := kafka.StartWorker(ctx, runtime, broker, kafka.WorkerOptions{Dir: filepath.Join(dir, "worker"), PluginPath: runtime.PluginPath})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, worker.Stop()) }()
	input := filepath.Join(dir, "input.txt")
	if err := os.WriteFile(input, nil, 0o600); err != nil {
		return err
	}
	return bench.CompareConnectors(ctx, os.Stdout, worker.URL(), number, map[string]string{
		"connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector", "tasks.max": "1", "topic": "lines", "file": input,
	})
}
