package api

import (
	"net/http"
	"strings"
)

const (
	// mostRequests is how many requests are worked on at a time.
	mostRequests = 256
	// mostStreams is how many clients may listen to events at a time.
	mostStreams = 256
)

// limits keep a crowd from taking all memory.
type limits struct{ requests, streams chan struct{} }

func newLimits() limits {
	return limits{requests: make(chan struct{}, mostRequests), streams: make(chan struct{}, mostStreams)}
}

// held has a request wait for none: beyond the limit it is told to come again. Health is always told.
func (l limits) held(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		places := l.requests
		switch {
		case strings.HasPrefix(r.URL.Path, "/health/"):
			next.ServeHTTP(w, r)
			return
		case strings.HasPrefix(r.URL.Path, eventsPath):
			places = l.streams
		}
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
			next.ServeHTTP(w, r)
		default:
			w.Header().Set("Retry-After", "1")
			http.Error(w, "too many requests at a time", http.StatusServiceUnavailable)
		}
	})
}
