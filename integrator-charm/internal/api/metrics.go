package api

import (
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// meters are the API's own metrics, and the page of all of them.
type meters struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	page     http.Handler
}

func newMeters(registry *prometheus.Registry) meters {
	m := meters{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "connect_manager_http_requests_total", Help: "Requests answered, by route and status.",
		}, []string{"route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "connect_manager_http_request_seconds", Help: "How long answers took, by route.",
			Buckets: []float64{.005, .02, .1, .5, 2, 10, 60},
		}, []string{"route"}),
		page: promhttp.HandlerFor(registry, promhttp.HandlerOpts{}),
	}
	registry.MustRegister(m.requests, m.seconds)
	return m
}

func (m meters) show(w http.ResponseWriter, r request) { m.page.ServeHTTP(w, r.Request) }

// counted counts a route's requests. Its pattern is the label: paths are the clients' to choose.
func (m meters) counted(pattern string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := &seen{ResponseWriter: w, status: http.StatusOK}
		timer := prometheus.NewTimer(m.seconds.WithLabelValues(pattern))
		next.ServeHTTP(seen, r)
		if pattern != "GET "+eventsPath {
			timer.ObserveDuration()
		}
		m.requests.WithLabelValues(pattern, strconv.Itoa(seen.status)).Inc()
	})
}

// seen notes the status of an answer.
type seen struct {
	http.ResponseWriter
	status int
}

func (s *seen) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (s *seen) Unwrap() http.ResponseWriter { return s.ResponseWriter }
