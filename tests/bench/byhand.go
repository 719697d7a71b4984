package bench

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"connectcharms/requirer-lib/connect"
	"connectcharms/tests/kafka"
)

// defaults are the settings of a worker that has config/connect-distributed.properties as Kafka ships it, in as far as package
// kafka sets others.
var defaults = map[string]string{
	"scheduled.rebalance.max.delay.ms": "300000",
	"heartbeat.interval.ms":            "3000",
	"offset.flush.interval.ms":         "10000",
	"offset.storage.partitions":        "25",
	"status.storage.partitions":        "5",
	"plugin.discovery":                 "hybrid_warn",
}

// byHand is a group of workers that a person looks after, with a shell.
type byHand struct {
	stage    *Stage
	group    string
	settings map[string]string // that are not as in defaults
	together bool              // all are restarted at once
	workers  []*kafka.Worker
	restarts []float64
}

func (g *byHand) start(ctx context.Context, workers int) error {
	g.workers, g.restarts = make([]*kafka.Worker, workers), make([]float64, workers)
	for i := range workers {
		if err := os.MkdirAll(g.plugins(i), 0o755); err != nil {
			return err
		}
		if err := g.startOne(ctx, i, 0); err != nil {
			return err
		}
	}
	return nil
}

func (g *byHand) plugins(worker int) string { return filepath.Join(g.worker(worker), "plugins") }

func (g *byHand) worker(number int) string {
	return filepath.Join(g.stage.Dir, g.group, strconv.Itoa(number))
}

func (g *byHand) startOne(ctx context.Context, number, port int) (err error) {
	settings := maps.Clone(defaults)
	maps.Copy(settings, g.settings)
	g.workers[number], err = g.stage.Worker(ctx, kafka.WorkerOptions{
		Dir: g.worker(number), Group: g.group, Port: port, PluginPath: g.plugins(number), Extra: settings,
	})
	return err
}

func (g *byHand) create(ctx context.Context, name string, config map[string]string) error {
	client, err := g.client(0)
	if err != nil {
		return err
	}
	defer client.Close()
	_, err = client.Create(ctx, name, config, connect.InitialRunning)
	return err
}

func (g *byHand) client(worker int) (*connect.Client, error) {
	return connect.New(connect.Config{Endpoints: []string{g.workers[worker].URL()}})
}

// install has the plugin unpacked for all workers, restarts them, and looks whether each has it.
func (g *byHand) install(ctx context.Context, address string) error {
	for i := range g.workers {
		unpack := exec.CommandContext(ctx, "sh", "-c", "set -eu; curl -sSfL "+address+" | tar xz")
		unpack.Dir = g.plugins(i)
		if said, err := unpack.CombinedOutput(); err != nil {
			return fmt.Errorf("unpack %s: %w: %s", address, err, said)
		}
	}
	if err := g.restart(ctx); err != nil {
		return err
	}
	for i := range g.workers {
		if err := g.hasPlugin(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

func (g *byHand) restart(ctx context.Context) error {
	if !g.together {
		for i := range g.workers {
			if err := g.restartOne(ctx, i); err != nil {
				return err
			}
		}
		return nil
	}
	ended := make(chan error)
	for i := range g.workers {
		go func() { ended <- g.restartOne(ctx, i) }()
	}
	var all error
	for range g.workers {
		all = errors.Join(all, <-ended)
	}
	return all
}

// restartOne is SIGTERM, a start, and a wait until the worker says that it is healthy.
func (g *byHand) restartOne(ctx context.Context, number int) error {
	address, err := url.Parse(g.workers[number].URL())
	if err != nil {
		return err
	}
	port, err := strconv.Atoi(address.Port())
	if err != nil {
		return err
	}
	if err := g.workers[number].Stop(); err != nil {
		return err
	}
	g.restarts[number]++
	return g.startOne(ctx, number, port)
}

func (g *byHand) hasPlugin(ctx context.Context, worker int) error {
	client, err := g.client(worker)
	if err != nil {
		return err
	}
	defer client.Close()
	plugins, err := client.Plugins(ctx, true)
	if err != nil {
		return err
	}
	for _, plugin := range plugins {
		if plugin.Class == fileSource {
			return nil
		}
	}
	return fmt.Errorf("worker %d has not loaded the plugin", worker)
}

func (g *byHand) statusTopic() string { return g.group + "-status" }

func (g *byHand) restarted() []float64 { return g.restarts }

func (g *byHand) end() (err error) {
	for _, worker := range g.workers {
		if worker != nil {
			err = errors.Join(err, worker.Stop())
		}
	}
	return err
}
