// Command bench compares the gateway with nginx and basic authentication, and the REST client with one that goes one by one,
// and prints tables in Markdown.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
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
	connectors := flag.Int("connectors", 30, "connectors that clients look after; 0: no comparison of clients")
	gateway := flag.Bool("gateway", true, "compare the gateway")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := runAll(ctx, os.Stdout, options, *gateway, *worker, *connectors); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func runAll(ctx context.Context, out io.Writer, options bench.Options, gateway, worker bool, connectors int) error {
	if gateway {
		if err := run(ctx, out, options, worker); err != nil {
			return err
		}
	}
	if connectors == 0 {
		return nil
	}
	return compareClients(ctx, out, connectors)
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
	workers, stop, err := startWorkers(ctx, 1)
	defer stop()
	if err != nil {
		return err
	}
	upstream := bench.Upstream{Name: "Connect " + kafka.DefaultVersion, Address: strings.TrimPrefix(workers[0], "http://"), Path: "/connectors"}
	for _, withTLS := range []bool{false, true} {
		if err := bench.Compare(ctx, out, upstream, withTLS, options); err != nil {
			return err
		}
	}
	return nil
}

// compareClients has three workers, of which one leads.
func compareClients(ctx context.Context, out io.Writer, connectors int) error {
	workers, stop, err := startWorkers(ctx, 3)
	defer stop()
	if err != nil {
		return err
	}
	return bench.CompareClients(ctx, out, workers, connectors)
}

// startWorkers starts a broker and workers of one group, and gives their URLs.
func startWorkers(ctx context.Context, count int) (urls []string, stop func(), err error) {
	var ends []func() error
	stop = func() {
		for _, end := range slices.Backward(ends) {
			_ = end()
		}
	}
	dir, err := os.MkdirTemp("", "bench-kafka")
	if err != nil {
		return nil, stop, err
	}
	ends = append(ends, func() error { return os.RemoveAll(dir) })
	runtime, err := kafka.Fetch(ctx, kafka.DefaultVersion, os.Stderr)
	if err != nil {
		return nil, stop, err
	}
	broker, err := kafka.StartBroker(ctx, runtime, kafka.BrokerOptions{Dir: filepath.Join(dir, "broker")})
	if err != nil {
		return nil, stop, err
	}
	ends = append(ends, broker.Stop)
	for i := range count {
		worker, err := kafka.StartWorker(ctx, runtime, broker, kafka.WorkerOptions{
			Dir: filepath.Join(dir, fmt.Sprintf("worker%d", i)), PluginPath: runtime.PluginPath,
		})
		if err != nil {
			return nil, stop, err
		}
		ends = append(ends, worker.Stop)
		urls = append(urls, worker.URL())
	}
	return urls, stop, nil
}
