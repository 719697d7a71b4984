package controltopic

import (
	"github.com/prometheus/client_golang/prometheus"
)

// meters count what became of records; how it goes is collected at each scrape.
type meters struct {
	reader  *Reader
	records *prometheus.CounterVec
}

var (
	upGauge      = prometheus.NewDesc("connect_manager_control_up", "1 where control messages are read from Kafka, 0 where brokers cannot be reached or refuse it.", nil, nil)
	waitingGauge = prometheus.NewDesc("connect_manager_control_waiting", "Control messages that could not be taken and are tried again.", nil, nil)
	sinceGauge   = prometheus.NewDesc("connect_manager_control_waiting_since_timestamp_seconds", "Since when the first of the waiting control messages waits.", nil, nil)
)

func newMeters(registry prometheus.Registerer, reader *Reader) *meters {
	m := &meters{reader: reader, records: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "connect_manager_control_records_total", Help: "Records of the topic of control messages, by what became of them: taken, ignored, dead-lettered.",
	}, []string{"result"})}
	for _, one := range []result{taken, ignored, deadLettered} {
		m.records.WithLabelValues(string(one))
	}
	registry.MustRegister(m.records, m)
	return m
}

func (m *meters) count(one result) { m.records.WithLabelValues(string(one)).Inc() }

// Describe is a prometheus.Collector's.
func (m *meters) Describe(out chan<- *prometheus.Desc) {
	out <- upGauge
	out <- waitingGauge
	out <- sinceGauge
}

// Collect is a prometheus.Collector's. Where nothing is to be read, there is nothing.
func (m *meters) Collect(out chan<- prometheus.Metric) {
	health, reads := m.reader.Health()
	if !reads {
		return
	}
	up := 0.0
	if health.Error == "" {
		up = 1
	}
	out <- prometheus.MustNewConstMetric(upGauge, prometheus.GaugeValue, up)
	out <- prometheus.MustNewConstMetric(waitingGauge, prometheus.GaugeValue, float64(health.Waiting))
	if health.Since != nil {
		out <- prometheus.MustNewConstMetric(sinceGauge, prometheus.GaugeValue, float64(health.Since.Unix()))
	}
}
