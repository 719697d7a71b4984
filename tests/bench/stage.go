package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"connectcharms/tests/bench/report"
	"connectcharms/tests/cache"
	"connectcharms/tests/charms"
	"connectcharms/tests/kafka"
)

// Stage is what one benchmark has at hand. It ends with it.
type Stage struct {
	Quick bool      // small sizes and one round: it is only to be seen that it runs
	Dir   string    // its own, removed at its end
	Log   io.Writer // what it does at the moment, for whoever waits

	versions []report.Version
	broker   *kafka.Broker
	started  int
	ends     []func() error
}

// NewStage makes one, below the directory for temporary files.
func NewStage(log io.Writer, quick bool) (*Stage, error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o755); err != nil { // nginx' workers have another account where it is started by root
		return nil, err
	}
	s := &Stage{Quick: quick, Dir: dir, Log: log}
	s.OnEnd(func() error { return os.RemoveAll(dir) })
	return s, nil
}

// OnEnd has something done when the benchmark has ended, the last one first.
func (s *Stage) OnEnd(do func() error) { s.ends = append(s.ends, do) }

// End ends all that was started.
func (s *Stage) End() error {
	var failed []error
	for _, end := range slices.Backward(s.ends) {
		failed = append(failed, end())
	}
	s.ends = nil
	return errors.Join(failed...)
}

// Say tells whoever waits what is done now.
func (s *Stage) Say(format string, arguments ...any) {
	fmt.Fprintf(s.Log, "  "+format+"\n", arguments...)
}

// Uses notes the version of something that took part, beside those that every run notes.
func (s *Stage) Uses(name, version string) {
	if used := (report.Version{Name: name, Version: version}); !slices.Contains(s.versions, used) {
		s.versions = append(s.versions, used)
	}
}

// Pick is a size or number of rounds: one for quick runs, one for real ones.
func Pick[T any](s *Stage, quick, real T) T {
	if s.Quick {
		return quick
	}
	return real
}

// Charms are the charms, built.
func (s *Stage) Charms(ctx context.Context) (charms.Built, error) {
	kept, err := cache.Dir()
	if err != nil {
		return charms.Built{}, err
	}
	return charms.Build(ctx, filepath.Join(kept, "charms"))
}

// Kafka is the Kafka that all is measured with.
func (s *Stage) Kafka(ctx context.Context) (*kafka.Runtime, error) {
	return kafka.Fetch(ctx, kafka.DefaultVersion, s.Log)
}

// Broker is the benchmark's broker, started when it is asked for first.
func (s *Stage) Broker(ctx context.Context) (*kafka.Broker, error) {
	if s.broker != nil {
		return s.broker, nil
	}
	runtime, err := s.Kafka(ctx)
	if err != nil {
		return nil, err
	}
	broker, err := kafka.StartBroker(ctx, runtime, kafka.BrokerOptions{Dir: filepath.Join(s.Dir, "broker")})
	if err != nil {
		return nil, err
	}
	s.broker = broker
	s.OnEnd(broker.Stop)
	return broker, nil
}

// Worker starts a Connect worker without a charm on the benchmark's broker, with these settings beside the usual ones. Workers of
// one group form a cluster; "" is the usual group.
func (s *Stage) Worker(ctx context.Context, options kafka.WorkerOptions) (*kafka.Worker, error) {
	broker, err := s.Broker(ctx)
	if err != nil {
		return nil, err
	}
	runtime, err := s.Kafka(ctx)
	if err != nil {
		return nil, err
	}
	s.started++
	options.Dir = cmp.Or(options.Dir, filepath.Join(s.Dir, fmt.Sprintf("worker-%d", s.started)))
	options.PluginPath = cmp.Or(options.PluginPath, runtime.PluginPath)
	worker, err := kafka.StartWorker(ctx, runtime, broker, options)
	if err != nil {
		return nil, err
	}
	s.OnEnd(worker.Stop)
	return worker, nil
}

// Workers starts a number of them in one group, and gives their URLs.
func (s *Stage) Workers(ctx context.Context, number int) (urls []string, err error) {
	for range number {
		worker, err := s.Worker(ctx, kafka.WorkerOptions{})
		if err != nil {
			return nil, err
		}
		urls = append(urls, worker.URL())
	}
	return urls, nil
}
