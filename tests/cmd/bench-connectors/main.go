// Command bench-connectors measures package connectors beside bare requests and a peer, on real workers, and prints tables in
// Markdown.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/tests/bench"
	"connectcharms/tests/kafka"
)

// sizes are how many connectors there are, in each of the comparisons. 0: it is left out.
type sizes struct{ unchanged, changed, running, recovered, many, rounds int }

func main() {
	var sizes sizes
	flag.IntVar(&sizes.unchanged, "unchanged", 1000, "connectors, of a sync with nothing to do")
	flag.IntVar(&sizes.changed, "changed", 200, "stopped connectors, created, changed, deleted")
	flag.IntVar(&sizes.running, "running", 0, "running ones, likewise, in four rounds at most: they take minutes")
	flag.IntVar(&sizes.recovered, "recovered", 100, "connectors, of a sync that is refused at first, or that loses a worker")
	flag.IntVar(&sizes.many, "many", 5000, "connectors, for the memory of a sync with nothing to do")
	flag.IntVar(&sizes.rounds, "rounds", 5, "rounds")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, sizes); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// lines is the file that all connectors read: an empty one, whose place matters to none.
var lines = filepath.Join(os.TempDir(), "bench-connectors-lines.txt")

func settings(file string) connect.Settings {
	return connect.Settings{
		"connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector", "tasks.max": "1", "topic": "a", "file": file,
	}
}

// stage is a broker, and what is to be started on it.
type stage struct {
	dir     string
	runtime *kafka.Runtime
	broker  *kafka.Broker
	number  int
}

func run(ctx context.Context, sizes sizes) (err error) {
	dir, err := os.MkdirTemp("", "bench-connectors")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(lines, nil, 0o600); err != nil {
		return err
	}
	defer os.Remove(lines)
	s := stage{dir: dir}
	if s.runtime, err = kafka.Fetch(ctx, kafka.DefaultVersion, os.Stderr); err != nil {
		return err
	}
	if s.broker, err = kafka.StartBroker(ctx, s.runtime, kafka.BrokerOptions{Dir: filepath.Join(dir, "broker")}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.broker.Stop()) }()
	measure := bench.Sync{Out: os.Stdout, Config: settings(lines), Rounds: sizes.rounds}
	program, err := bench.BuildProgram(ctx, dir)
	if err != nil {
		return err
	}
	measure.Program = &program
	if peer, err := bench.FetchPeer(ctx); err == nil {
		measure.Peer = &peer
	} else {
		fmt.Printf("No comparison with kafka-connect-py: %v\n\n", err)
	}
	return errors.Join(s.onOneWorker(ctx, measure, sizes), s.onTwo(ctx, measure, sizes.recovered))
}

func (s *stage) onOneWorker(ctx context.Context, measure bench.Sync, sizes sizes) (err error) {
	worker, err := s.worker(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, worker.Stop()) }()
	few := measure
	few.Rounds = min(measure.Rounds, 4)
	steps := []struct {
		number int
		step   func(number int) error
	}{
		{sizes.changed, func(number int) error { return measure.Changes(ctx, worker.URL(), number, connect.Stopped) }},
		{sizes.running, func(number int) error { return few.Changes(ctx, worker.URL(), number, connect.Running) }},
		{sizes.recovered, func(number int) error { return measure.Refused(ctx, worker.URL(), number, 8*time.Second) }},
		{sizes.unchanged, func(number int) error { return measure.NoOp(ctx, worker.URL(), number) }},
		{sizes.many, func(number int) error { return measure.Memory(ctx, worker.URL(), number) }},
	}
	for _, one := range steps {
		if one.number == 0 {
			continue
		}
		if err := one.step(one.number); err != nil {
			return err
		}
	}
	return nil
}

// onTwo kills a worker of two, the one that leads and the other.
func (s *stage) onTwo(ctx context.Context, measure bench.Sync, number int) error {
	if number == 0 {
		return nil
	}
	fmt.Printf("%d connectors, half of them created, half changed, and a worker of two killed in the middle:\n\n"+
		"| | applied | twice | requests | time |\n|---|--:|--:|--:|--:|\n", number)
	for killed, who := range []string{"package connectors, the first worker killed", "package connectors, the second"} {
		if err := s.killOne(ctx, measure, number, killed, who); err != nil {
			return err
		}
	}
	fmt.Println()
	return nil
}

func (s *stage) killOne(ctx context.Context, measure bench.Sync, number, killed int, who string) error {
	var workers []*kafka.Worker
	var urls []string
	for range 2 {
		worker, err := s.worker(ctx)
		if err != nil {
			return err
		}
		workers, urls = append(workers, worker), append(urls, worker.URL())
	}
	left := workers[1-killed]
	err := measure.Killed(ctx, urls, number, who, workers[killed].Kill)
	_, tidied := measure.Settle(ctx, left.URL(), connectors.Desired{})
	return errors.Join(err, tidied, left.Stop())
}

// worker starts one more, with the charm's settings.
func (s *stage) worker(ctx context.Context) (*kafka.Worker, error) {
	s.number++
	return kafka.StartWorker(ctx, s.runtime, s.broker, kafka.WorkerOptions{
		Dir: filepath.Join(s.dir, fmt.Sprintf("worker-%d", s.number)), PluginPath: s.runtime.PluginPath,
		Extra: map[string]string{"heartbeat.interval.ms": "500", "scheduled.rebalance.max.delay.ms": "0"},
	})
}
