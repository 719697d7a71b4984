package connections

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"connectcharms/requirer-lib/connection"
)

// meters count what is done; what is known is collected at each scrape.
type meters struct{ probes *prometheus.HistogramVec }

func newMeters(registry prometheus.Registerer) *meters {
	probes := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "connect_manager_connection_probe_seconds", Help: "How long attempts took, by system and by what came of them: ok, refused, failed.",
		Buckets: []float64{.01, .05, .1, .5, 1, 5, 10},
	}, []string{"part", "result"})
	registry.MustRegister(probes)
	return &meters{probes}
}

func (m *meters) probed(result connection.Result, took time.Duration) {
	of := "failed"
	switch {
	case result.OK:
		of = "ok"
	case result.Refused:
		of = "refused"
	}
	m.probes.WithLabelValues(string(result.Part), of).Observe(took.Seconds())
}

var (
	stateGauge = prometheus.NewDesc("connect_manager_connection_state",
		"1 for the state that a connection to a system is in.", []string{"connection", "part", "state"}, nil)
	ageGauge = prometheus.NewDesc("connect_manager_connection_age_seconds",
		"How long ago the last attempt to reach a system ended.", []string{"connection", "part"}, nil)
)

// Describe is a prometheus.Collector's.
func (r *Registry) Describe(out chan<- *prometheus.Desc) {
	out <- stateGauge
	out <- ageGauge
}

// Collect is a prometheus.Collector's. It asks nobody.
func (r *Registry) Collect(out chan<- prometheus.Metric) {
	now := time.Now()
	for _, one := range r.List() {
		for _, part := range one.Status.Parts() {
			of := one.Status.Part(part)
			out <- prometheus.MustNewConstMetric(stateGauge, prometheus.GaugeValue, 1, one.Spec.ID, string(part), string(of.State))
			if !of.LastAttemptTime.IsZero() {
				out <- prometheus.MustNewConstMetric(ageGauge, prometheus.GaugeValue, now.Sub(of.LastAttemptTime).Seconds(), one.Spec.ID, string(part))
			}
		}
	}
}
