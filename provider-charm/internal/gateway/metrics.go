package gateway

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// What a request was refused for that had to do with a limit: the label reason of kafka_connect_gateway_limited_total.
const (
	limitRate        = "rate"
	limitAttempts    = "attempts"
	limitSigned      = "signed_attempts"
	limitInFlight    = "in_flight"
	limitConnections = "connections"
	limitPlain       = "plain"
)

// meters are the gateway's metrics. No label takes a value that a client can make up: a route is a pattern of the api,
// never a path.
type meters struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	limited  *prometheus.CounterVec
	inFlight prometheus.Gauge
	reloadOK prometheus.Gauge
	reloadAt prometheus.Gauge
}

const metricPrefix = "kafka_connect_gateway_"

func newMeters(g *gateway, registry *prometheus.Registry) (*meters, error) {
	m := &meters{
		registry: registry,
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: metricPrefix + "requests_total", Help: "Requests, by who made them, method, pattern of the path and status.",
		}, []string{"kind", "method", "route", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: metricPrefix + "request_duration_seconds", Help: "Time from a request's header to the end of its answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 90},
		}, []string{"method", "route"}),
		limited: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: metricPrefix + "limited_total", Help: "Requests and connections refused for a limit, by which.",
		}, []string{"reason"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: metricPrefix + "in_flight_requests", Help: "Requests at work."}),
		reloadOK: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: metricPrefix + "config_last_reload_successful", Help: "Whether all files could be used at the last start or reload.",
		}),
		reloadAt: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: metricPrefix + "config_last_reload_success_timestamp_seconds", Help: "When all files could be used last.",
		}),
	}
	for _, reason := range []string{limitRate, limitAttempts, limitSigned, limitInFlight, limitConnections, limitPlain} {
		m.limited.WithLabelValues(reason) // 0 is a value too
	}
	whole := g.book.current.Load().problem == "" && g.certificate.describe().Problem == "" && g.identity.describe().Problem == ""
	m.reloaded(whole)
	for _, collector := range []prometheus.Collector{m.requests, m.duration, m.limited, m.inFlight, m.reloadOK, m.reloadAt, &stateCollector{g}} {
		if err := registry.Register(collector); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *meters) reloaded(whole bool) {
	m.reloadOK.Set(0)
	if whole {
		m.reloadOK.Set(1)
		m.reloadAt.SetToCurrentTime()
	}
}

func (m *meters) observe(method string, v *visit, status int, took time.Duration) {
	route := v.route.pattern
	if route == "" {
		route, method = "none", "any" // both are the client's own words
	}
	m.requests.WithLabelValues(string(v.kind), method, route, strconv.Itoa(status)).Inc()
	m.duration.WithLabelValues(method, route).Observe(took.Seconds())
}

// handler answers GET /metrics, and nothing else.
func (m *meters) handler(log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog:            slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		ErrorHandling:       promhttp.ContinueOnError, // one collector that fails does not hide the others
		MaxRequestsInFlight: 4,
		Timeout:             30 * time.Second,
	}))
	return mux
}

// stateCollector reads what the gateway knows at the moment of a scrape.
type stateCollector struct{ g *gateway }

var (
	accountsDesc = prometheus.NewDesc(metricPrefix+"accounts", "Accounts that are let in.", nil, nil)
	upstreamDesc = prometheus.NewDesc(metricPrefix+"upstream_up", "Whether the worker says that it is healthy.", nil, nil)
	expiryDesc   = prometheus.NewDesc(metricPrefix+"certificate_expiry_timestamp_seconds",
		"When the certificate that is shown to clients, or the identity shown to other workers, expires.", []string{"listener"}, nil)
)

func (c *stateCollector) Describe(to chan<- *prometheus.Desc) {
	to <- accountsDesc
	to <- upstreamDesc
	to <- expiryDesc
}

func (c *stateCollector) Collect(to chan<- prometheus.Metric) {
	up := 0.0
	if c.g.health.good(context.Background()) {
		up = 1
	}
	to <- prometheus.MustNewConstMetric(upstreamDesc, prometheus.GaugeValue, up)
	to <- prometheus.MustNewConstMetric(accountsDesc, prometheus.GaugeValue, float64(len(c.g.book.current.Load().names)))
	for listener, shown := range map[string]Certificate{"clients": c.g.certificate.describe(), "workers": c.g.identity.describe()} {
		if shown.Fingerprint != "" {
			to <- prometheus.MustNewConstMetric(expiryDesc, prometheus.GaugeValue, float64(shown.NotAfter.Unix()), listener)
		}
	}
}
