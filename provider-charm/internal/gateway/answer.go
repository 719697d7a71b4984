package gateway

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"time"
)

// refusal is an answer that the gateway gives in place of the worker.
type refusal struct {
	status  int
	message string
	allow   string // the methods that would do, with 405
	limit   string // which limit it is for: a label of the metrics, or ""
	// retryAfter is when it makes sense to try again, with 429 and 503 (1s).
	retryAfter time.Duration
}

func refuse(status int, message string) *refusal {
	return &refusal{status: status, message: message}
}

// limited is a refusal for a limit, which the metrics count by name.
func limited(status int, limit, message string) *refusal {
	return &refusal{status: status, message: message, limit: limit}
}

// write answers in the shape of Kafka Connect's own errors (ErrorMessage).
func (r *refusal) write(w http.ResponseWriter) {
	if r.allow != "" {
		w.Header().Set("Allow", r.allow)
	}
	switch r.status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Basic realm="kafka-connect", charset="UTF-8"`) // RFC 7617
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		seconds := max(1, int(math.Ceil(r.retryAfter.Seconds())))
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
	case http.StatusUpgradeRequired:
		w.Header().Set("Upgrade", "TLS/1.2, HTTP/1.1") // RFC 9110, 15.5.22
	}
	writeJSON(w, r.status, struct {
		ErrorCode int    `json:"error_code"`
		Message   string `json:"message"`
	}{r.status, r.message})
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		panic(err) // only structs of texts and numbers come here
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // a client that is gone needs no answer
}

// recorder remembers the status for the audit log.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= http.StatusOK {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(data []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(data)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
