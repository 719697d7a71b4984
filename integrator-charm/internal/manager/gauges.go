package manager

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

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
	waitingGauge = prometheus.NewDesc("connect_manager_deliveries_waiting", "Messages to owners that are on their way.", []string{"receiver"}, nil)
	lostGauge    = prometheus.NewDesc("connect_manager_deliveries_given_up", "Messages that a receiver has not got since the last that it got.", []string{"receiver"}, nil)
	untoldGauge  = prometheus.NewDesc("connect_manager_notices_dropped_total", "What owners were not told, by why.", []string{"reason"}, nil)
	untakenGauge = gauge("overlays_waiting", "Connectors that have not got all yet that they have changed of themselves.")
	haltedGauge  = gauge("halted_connectors", "Connectors that are kept stopped, as a control message of theirs did not conform.")
	syncGauge    = gauge("last_sync_timestamp_seconds", "When the last sync ended, whatever came of it.")
)

// Describe is a prometheus.Collector's.
func (m *Manager) Describe(out chan<- *prometheus.Desc) {
	for _, each := range []*prometheus.Desc{
		upGauge, activeGauge, statesGauge, driftGauge, givenUpGauge, readGauge, wrongGauge, syncGauge, waitingGauge, lostGauge, untoldGauge,
		untakenGauge, haltedGauge,
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
		set(untakenGauge, float64(k.layers.waiting()))
		set(haltedGauge, float64(len(status.Halted)))
		set(wrongGauge, float64(len(status.Problems)))
		if !status.SourceRead.IsZero() {
			set(readGauge, float64(status.SourceRead.Unix()))
		}
		if status.LastSync != nil {
			set(syncGauge, float64(status.LastSync.At.Unix()))
		}
	}
	m.collectNotices(out)
}

// scrapePatience is how long the store may take at a scrape.
const scrapePatience = 2 * time.Second

func (m *Manager) collectNotices(out chan<- prometheus.Metric) {
	for reason, times := range m.notifier.Dropped() {
		out <- prometheus.MustNewConstMetric(untoldGauge, prometheus.CounterValue, float64(times), string(reason))
	}
	ctx, cancel := context.WithTimeout(context.Background(), scrapePatience)
	defer cancel()
	receivers, err := m.notifier.Receivers(ctx)
	if err != nil {
		out <- prometheus.NewInvalidMetric(waitingGauge, err)
	}
	for _, receiver := range receivers {
		out <- prometheus.MustNewConstMetric(waitingGauge, prometheus.GaugeValue, float64(receiver.Waiting), receiver.Name)
		out <- prometheus.MustNewConstMetric(lostGauge, prometheus.GaugeValue, float64(receiver.GivenUp), receiver.Name)
	}
}

func number(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
