// Command bench compares the gateway with nginx and basic authentication, and prints tables in Markdown.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"connectcharms/tests/bench"
	"connectcharms/tests/cache"
	"connectcharms/tests/charms"
	"connectcharms/tests/kafka"
)

func main() {
	options := bench.Options{}
	flag.IntVar(&options.Connections, "connections", 16, "connections at one time")
	flag.DurationVar(&options.For, "for", 2*time.Second, "length of a round")
	flag.IntVar(&options.Rounds, "rounds", 5, "rounds, of which the middle one counts")
	flag.BoolVar(&options.OnlyCheap, "only-cheap", false, "of nginx, only the cheapest hash")
	worker := flag.Bool("worker", true, "also in front of a real Connect worker")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, options, *worker); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, options bench.Options, worker bool) error {
	kept, err := cache.Dir()
	if err != nil {
		return err
	}
	built, err := charms.Build(ctx, filepath.Join(kept, "charms"))
	if err != nil {
		return err
	}
	options.Program = filepath.Join(built.KafkaConnect, "bin", "kafka-connect")
	tiny, closeTiny, err := bench.TinyUpstream(ctx)
	if err != nil {
		return err
	}
	defer closeTiny()
	for _, withTLS := range []bool{false, true} {
		if err := bench.Compare(ctx, out, tiny, withTLS, options); err != nil {
			return err
		}
	}
	if !worker {
		return nil
	}
	return compareAtWorker(ctx, out, options)
}

// compareAtWorker has a real broker and worker behind.
func compareAtWorker(ctx context.Context, out io.Writer, options bench.Options) error {
	dir, err := os.MkdirTemp("", "bench-kafka")
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
	defer func() { _ = broker.Stop() }()
	worker, err := kafka.StartWorker(ctx, runtime, broker, kafka.WorkerOptions{Dir: filepath.Join(dir, "worker"), PluginPath: runtime.PluginPath})
	if err != nil {
		return err
	}
	defer func() { _ = worker.Stop() }()
	upstream := bench.Upstream{Name: "Connect " + kafka.DefaultVersion, Address: strings.TrimPrefix(worker.URL(), "http://"), Path: "/connectors"}
	for _, withTLS := range []bool{false, true} {
		if err := bench.Compare(ctx, out, upstream, withTLS, options); err != nil {
			return err
		}
	}
	return nil
}
