package kafka

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"strconv"
	"time"
)

const (
	workerHeap = "256m"
	// healthLimit is how long a worker may take to answer one question about its health.
	healthLimit = 5 * time.Second
)

// WorkerOptions say where a worker runs, and what it can load.
type WorkerOptions struct {
	// Address for REST ("" is 127.0.0.1), also named to the other workers of the group.
	Address string
	// Port for REST; 0 takes a free one.
	Port int
	// Dir holds the worker's configuration, and must be named. It is made where it is missing.
	Dir string
	// Group is the group.id ("" is "connect"): workers of one group on one broker share the connectors.
	Group string
	// PluginPath is the plugin.path, directories separated by commas; Runtime.PluginPath is one. "" is none. Plugins need service manifests.
	PluginPath string
	// Log gets what the worker prints; nil drops it.
	Log io.Writer
	// Extra settings of the worker, which win over the ones made here.
	Extra map[string]string
}

// Worker is a Kafka Connect worker in distributed mode, its REST API open to everyone at its address.
type Worker struct {
	*Process
	url string
}

// StartWorker returns when the worker says that it is healthy: it has joined its group and read the connectors there are. The context
// bounds the start only (5 min, where it has no deadline): the worker runs until Stop, Kill, or the end of this process. A port that is taken is
// an error that says so.
func StartWorker(ctx context.Context, runtime *Runtime, broker *Broker, options WorkerOptions) (*Worker, error) {
	if options.Address == "" {
		options.Address = defaultAddress
	}
	if options.Group == "" {
		options.Group = "connect"
	}
	dir, err := prepare(options.Dir)
	if err != nil {
		return nil, fmt.Errorf("start a worker: %w", err)
	}
	options.Dir = dir
	worker, err := onPort(ctx, options.Address, options.Port, func(port int) (*Worker, error) {
		return startWorker(ctx, runtime, broker, options, port)
	})
	if err != nil {
		return nil, fmt.Errorf("start a worker: %w", err)
	}
	return worker, nil
}

// URL is where the REST API answers, without a slash at the end.
func (w *Worker) URL() string { return w.url }

func startWorker(ctx context.Context, runtime *Runtime, broker *Broker, options WorkerOptions, port int) (*Worker, error) {
	config := filepath.Join(options.Dir, "worker.properties")
	if err := properties(config, workerSettings(options, broker.Bootstrap(), port)); err != nil {
		return nil, err
	}
	worker := &Worker{url: "http://" + endpoint(options.Address, port)}
	var err error
	worker.Process, err = startProcess("the worker at "+worker.url, command(runtime, options.Dir, workerHeap, "connect-distributed.sh", config), options.Log)
	if err != nil {
		return nil, err
	}
	if err := worker.waitUntil(ctx, worker.askHealth); err != nil {
		return nil, err
	}
	return worker, nil
}

// askHealth asks GET /health, which workers have from Kafka 3.9 on (KIP-1017).
func (w *Worker) askHealth(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, healthLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url+"/health", http.NoBody)
	if err != nil {
		return err
	}
	// A connection of its own: none is left open to a worker that is stopped later.
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("GET /health answers %s", response.Status)
	}
	return nil
}

// workerSettings suit a small group that starts, stops and moves tasks fast.
func workerSettings(options WorkerOptions, bootstrap string, port int) map[string]string {
	converter := "org.apache.kafka.connect.json.JsonConverter"
	settings := map[string]string{
		"bootstrap.servers":                 bootstrap,
		"group.id":                          options.Group,
		"key.converter":                     converter,
		"value.converter":                   converter,
		"config.storage.topic":              options.Group + "-configs",
		"config.storage.replication.factor": "1",
		"offset.storage.topic":              options.Group + "-offsets",
		"offset.storage.replication.factor": "1",
		"offset.storage.partitions":         "1",
		"status.storage.topic":              options.Group + "-status",
		"status.storage.replication.factor": "1",
		"status.storage.partitions":         "1",
		"offset.flush.interval.ms":          "1000",
		"listeners":                         "http://" + endpoint(options.Address, port),
		"rest.advertised.host.name":         options.Address,
		"rest.advertised.port":              strconv.Itoa(port),
		"plugin.discovery":                  "service_load",
		// A worker that comes back has its tasks again at once, instead of after 5 minutes.
		"scheduled.rebalance.max.delay.ms": "0",
		"heartbeat.interval.ms":            "500",
	}
	if options.PluginPath != "" {
		settings["plugin.path"] = options.PluginPath
	}
	maps.Copy(settings, options.Extra)
	return settings
}
