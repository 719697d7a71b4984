package proxy

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
)

// Answer is what is answered instead of what the worker says. It may ask the worker, whose side is through.
type Answer func(w http.ResponseWriter, r *http.Request, through http.Handler)

// Rebalancing is what a cluster answers that rebalances.
func Rebalancing(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
	fail(w, http.StatusConflict, "Cannot complete request momentarily due to stale configuration (typically caused by a concurrent config change)")
}

// TimedOut is what a worker answers that waits for another in vain.
func TimedOut(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
	fail(w, http.StatusInternalServerError, "Request timed out. The worker is currently ensuring membership in the cluster")
}

func fail(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"error_code":`+strconv.Itoa(status)+`,"message":"`+message+`"}`)
}

// Page is what something in between answers that is no Kafka Connect.
func Page(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
	w.Header().Set("Content-Type", "text/html")
	_, _ = io.WriteString(w, "<html><title>Welcome</title></html>")
}

// Half asks the worker, and gives half of what it says as if that were all.
func Half(w http.ResponseWriter, r *http.Request, through http.Handler) {
	said := ask(w, r, through)
	_, _ = w.Write(said[:len(said)/2])
}

// CutShort asks the worker, announces all that it says, and breaks off in the middle.
func CutShort(w http.ResponseWriter, r *http.Request, through http.Handler) {
	said := ask(w, r, through)
	w.Header().Set("Content-Length", strconv.Itoa(len(said)+1))
	_, _ = w.Write(said[:len(said)/2])
	panic(http.ErrAbortHandler)
}

// ask asks the worker, and gives what it says; the status, as far as it is a success, is answered.
func ask(w http.ResponseWriter, r *http.Request, through http.Handler) []byte {
	answer := httptest.NewRecorder()
	through.ServeHTTP(answer, r)
	w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
	if answer.Code != http.StatusOK && answer.Code != http.StatusNoContent {
		w.WriteHeader(answer.Code)
	}
	return answer.Body.Bytes()
}
