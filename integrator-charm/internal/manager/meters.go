package manager

import (
	"github.com/prometheus/client_golang/prometheus"

	"connectcharms/requirer-lib/connectors"
)

// meters count what the manager does; what it knows is collected at each scrape (gauges.go).
type meters struct {
	syncs    *prometheus.CounterVec
	changes  *prometheus.CounterVec
	restarts *prometheus.CounterVec
	controls *prometheus.CounterVec
}

func newMeters(registry prometheus.Registerer) *meters {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		vec := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "connect_manager_" + name, Help: help}, append([]string{"cluster"}, labels...))
		registry.MustRegister(vec)
		return vec
	}
	return &meters{
		syncs:   counter("syncs_total", "Syncs, by result: ok, failed, held.", "result"),
		changes: counter("changes_total", "What syncs did to connectors, by what it was.", "change"),
		controls: counter("control_messages_total",
			"Control messages of connectors, by what became of them: taken, duplicate, stale, ignored, nonconforming, refused.", "outcome"),
		restarts: counter("restarts_total", "Restarts of what had failed, by whether Kafka Connect took them: ok, failed.", "result"),
	}
}

func (m *meters) synced(cluster, result string, summary connectors.Summary) {
	m.syncs.WithLabelValues(cluster, result).Inc()
	for change, names := range map[string][]string{
		"added": summary.Added, "removed": summary.Removed, "updated": summary.Updated, "adopted": summary.Adopted, "paused": summary.Paused,
		"resumed": summary.Resumed, "stopped": summary.Stopped, "failed": summary.Failed,
	} {
		m.changes.WithLabelValues(cluster, change).Add(float64(len(names)))
	}
}

func (m *meters) controlled(cluster, outcome string) {
	m.controls.WithLabelValues(cluster, outcome).Inc()
}

func (m *meters) restarted(cluster string, err error) {
	result := ResultOK
	if err != nil {
		result = ResultFailed
	}
	m.restarts.WithLabelValues(cluster, result).Inc()
}
