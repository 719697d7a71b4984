package webhook

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"connectcharms/integrator-charm/internal/source"
	"connectcharms/requirer-lib/secret"
)

// Receiver is the HTTP handler that pushes come to.
type Receiver struct {
	// Secret gives what senders sign with. It is asked each time, so that one that is replaced counts at once. An error, or an empty
	// secret, refuses every push.
	Secret func() (secret.Value, error)
	// Pushed is told of each genuine push, and how many sources it has look; it does not wait for them.
	Pushed func(push source.Push) (looking int)
	// Now is nil for the real clock.
	Now func() time.Time
	Log *slog.Logger
}

// largest is what is read of a request before anybody knows who sends it. Pushes have a few kilobytes, those of thousands of commits a
// few hundred.
const largest = 4 << 20

// refusal is why a request is not taken.
type refusal struct {
	status  int
	message string
}

func (r *refusal) Error() string { return r.message }

// ServeHTTP answers 202 to a push, 200 to what is genuine and no push, and else says what is wrong with the request.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	status, message, err := r.receive(w, request)
	var refused *refusal
	if errors.As(err, &refused) {
		status, message = refused.status, refused.message
		r.Log.Warn("a push is refused", "status", status, "reason", message, "from", request.RemoteAddr)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(struct { // whoever asks has hung up, should it fail
		Message string `json:"message"`
	}{message})
}

func (r *Receiver) receive(w http.ResponseWriter, request *http.Request) (status int, message string, err error) {
	if request.Method != http.MethodPost {
		return 0, "", &refusal{http.StatusMethodNotAllowed, "a push comes by POST"}
	}
	key, err := r.Secret()
	if err != nil || key.IsZero() {
		r.Log.Error("pushes are refused: their secret cannot be read", "error", err)
		return 0, "", &refusal{http.StatusServiceUnavailable, "the secret for pushes is missing here; see connect-manager's log"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, request.Body, largest))
	if err != nil {
		return 0, "", tooLargeOrBroken(err)
	}
	if err := genuine(request.Header, body, key, r.now()); err != nil {
		return 0, "", err
	}
	push, is, err := read(request.Header, body)
	switch {
	case err != nil:
		return 0, "", err
	case !is:
		return http.StatusOK, "received; this kind of event changes no state file", nil
	}
	if looking := r.Pushed(push); looking == 0 {
		return http.StatusOK, "received; no state file comes from that repository and ref", nil
	}
	return http.StatusAccepted, "received; the state file is fetched now", nil
}

func tooLargeOrBroken(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return &refusal{http.StatusRequestEntityTooLarge, "the push is too large"}
	}
	return &refusal{http.StatusBadRequest, "the push broke off"}
}

func (r *Receiver) now() time.Time {
	if r.Now == nil {
		return time.Now()
	}
	return r.Now()
}
