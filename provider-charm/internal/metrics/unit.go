package metrics

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"connectcharms/requirer-lib/atomicfile"
)

// Unit is what the charm knows of its unit and the processes do not. The charm writes it at the end of a hook; the
// gateway reads it at each scrape, so that it needs no word of a change.
type Unit struct {
	// Worker is the worker_id of this unit's worker in Kafka Connect: the host and port that it advertises.
	Worker string `json:"worker"`
	// Workers are the IDs of all units' workers.
	Workers []string `json:"workers"`
	// Leader says that this unit counts what no unit's worker runs: the connectors of a worker that is gone.
	Leader bool `json:"leader"`
	// Clients are the relations that are served.
	Clients []Client `json:"clients"`
	// PluginsInstalled and PluginsLoaded count plugins on this unit, and those that its worker has.
	PluginsInstalled int `json:"plugins-installed"`
	PluginsLoaded    int `json:"plugins-loaded"`
	// RestartPending says that the worker has to be restarted, for plugins or settings that it was not started with.
	RestartPending bool `json:"restart-pending"`
	// RestartTurn says that it is this unit's turn to restart.
	RestartTurn bool `json:"restart-turn"`
	// Hook is when the charm wrote this.
	Hook time.Time `json:"hook"`
}

// Client is one relation.
type Client struct {
	Relation      string `json:"relation"` // ID
	Application   string `json:"application"`
	Published     bool   `json:"published"`      // it has its credentials
	PluginFailing bool   `json:"plugin-failing"` // its plugin could not be installed on this unit
}

// FileBeside is where the charm writes what the gateway, with its configuration in the given file, reads.
func FileBeside(gatewayConfig string) string {
	return filepath.Join(filepath.Dir(gatewayConfig), "unit.json")
}

// Write replaces the file as a whole.
func (u Unit) Write(path string) error {
	document, err := json.Marshal(u)
	if err != nil {
		return err
	}
	if err := atomicfile.Write(path, document, 0o640); err != nil {
		return fmt.Errorf("write what the metrics say of the unit: %w", err)
	}
	return nil
}

// readUnit reads what Write wrote. Before the first hook has ended there is nothing.
func readUnit(path string) (unit Unit, there bool, err error) {
	document, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Unit{}, false, nil
	}
	if err == nil {
		err = json.Unmarshal(document, &unit)
	}
	if err != nil {
		return Unit{}, false, fmt.Errorf("read what the charm says of the unit: %w", err)
	}
	return unit, true, nil
}

var (
	clientReady = describe("kafka_connect_client_ready",
		"Whether the relation has its credentials (as the leader knows it).", "relation_id", "application")
	pluginFailing = describe("kafka_connect_plugin_install_failing",
		"Whether the relation's plugin could not be installed on this unit.", "relation_id", "application")
	pluginsInstalled = describe("kafka_connect_plugins_installed", "Plugins that are installed on this unit.")
	pluginsLoaded    = describe("kafka_connect_plugins_loaded", "Plugins of relations that the worker has loaded.")
	restartPending   = describe("kafka_connect_restart_pending", "Whether the worker is to be restarted, for plugins or settings.")
	restartTurn      = describe("kafka_connect_restart_turn", "Whether it is this unit's turn to restart its worker.")
	charmHook        = describe("kafka_connect_charm_last_hook_timestamp_seconds", "When the charm last ended a hook on this unit.")
)

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// unitCollector tells what the charm wrote.
type unitCollector struct{ file string }

func (c unitCollector) Describe(descs chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{
		clientReady, pluginFailing, pluginsInstalled, pluginsLoaded, restartPending, restartTurn, charmHook,
	} {
		descs <- desc
	}
}

// Collect tells nothing where the charm has said nothing: that no hook ends is seen by the age of the last one.
func (c unitCollector) Collect(metrics chan<- prometheus.Metric) {
	unit, there, err := readUnit(c.file)
	if err != nil || !there {
		return
	}
	gauge := func(desc *prometheus.Desc, value float64, labels ...string) {
		metrics <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	for _, client := range unit.Clients {
		if unit.Leader {
			gauge(clientReady, number(client.Published), client.Relation, client.Application)
		}
		gauge(pluginFailing, number(client.PluginFailing), client.Relation, client.Application)
	}
	gauge(pluginsInstalled, float64(unit.PluginsInstalled))
	gauge(pluginsLoaded, float64(unit.PluginsLoaded))
	gauge(restartPending, number(unit.RestartPending))
	gauge(restartTurn, number(unit.RestartTurn))
	gauge(charmHook, float64(unit.Hook.Unix()))
}

func number(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
