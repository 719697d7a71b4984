package manager

import "github.com/prometheus/client_golang/prometheus"

// gauge describes what is known of a cluster at a scrape.
func gauge(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("connect_manager_"+name, help, append([]string{"cluster"}, labels...), nil)
}

var (
	upGauge      = gauge("cluster_up", "1 where Kafka Connect answers.")
	activeGauge  = gauge("active", "1 where this manager keeps the cluster, 0 where it only watches.")
	statesGauge  = gauge("connectors", "Connectors, by state; failed are also those of which only a task has failed.", "state")
	driftGauge   = gauge("drifted_connectors", "Connectors that are not as the state file has them.")
	givenUpGauge = gauge("given_up_connectors", "Connectors that have failed and are not restarted any more.")
	readGauge    = gauge("source_read_timestamp_seconds", "When the source of the state file last answered.")
	wrongGauge   = gauge("state_file_problems", "What is wrong with the newest state file.")
	syncGauge    = gauge("last_sync_timestamp_seconds", "When the last sync ended, whatever came of it.")
)

// Describe is a prometheus.Collector's.
func (m *Manager) Describe(out chan<- *prometheus.Desc) {
	for _, each := range []*prometheus.Desc{
		upGauge, activeGauge, statesGauge, driftGauge, givenUpGauge, readGauge, wrongGauge, syncGauge,
	} {
		out <- each
	}
}

// Collect is a prometheus.Collector's. It asks no cluster.
func (m *Manager) Collect(out chan<- prometheus.Metric) {
	for _, k := range m.all() {
		status := k.status()
		set := func(of *prometheus.Desc, value float64, labels ...string) {
			out <- prometheus.MustNewConstMetric(of, prometheus.GaugeValue, value, append([]string{k.cluster.Name}, labels...)...)
		}
		set(upGauge, number(status.Reachable))
		set(activeGauge, number(status.Active))
		for _, state := range ListedStates {
			set(statesGauge, float64(status.Connectors[state]), state)
		}
		set(driftGauge, float64(len(status.Drifted)))
		set(givenUpGauge, float64(len(status.GivenUp)))
		set(wrongGauge, float64(len(status.Problems)))
		if !status.SourceRead.IsZero() {
			set(readGauge, float64(status.SourceRead.Unix()))
		}
		if status.LastSync != nil {
			set(syncGauge, float64(status.LastSync.At.Unix()))
		}
	}
}

func number(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
