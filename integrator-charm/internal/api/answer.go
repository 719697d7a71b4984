package api

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"connectcharms/integrator-charm/internal/manager"
	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/state"
)

const (
	// writeLimit is how long a client may take to read an answer.
	writeLimit = 30 * time.Second
	// smallestGzip is the fewest bytes that are worth packing.
	smallestGzip = 1 << 10
)

// answer is what a route says. Text goes out as it is, a body as JSON, neither as no content.
type answer struct {
	status int
	body   any
	text   string
	header http.Header
}

func ok(body any) answer { return answer{status: http.StatusOK, body: body} }

func (a answer) with(name, value string) answer {
	if a.header == nil {
		a.header = http.Header{}
	}
	a.header.Set(name, value)
	return a
}

// problem is how each refusal reads.
type problem struct {
	Message  string          `json:"message"`
	Problems []state.Problem `json:"problems,omitempty"` // of the state file
}

// refusal is a fault of the request itself.
type refusal struct {
	status  int
	message string
}

func (r refusal) Error() string { return r.message }

func badRequest(message string) error { return refusal{http.StatusBadRequest, message} }

// statusOf is the HTTP status that an error is told with.
func statusOf(err error) int {
	if refused, is := errors.AsType[refusal](err); is {
		return refused.status
	}
	if _, is := errors.AsType[state.Problems](err); is {
		return http.StatusBadRequest
	}
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return http.StatusRequestEntityTooLarge
	}
	if _, is := errors.AsType[*connect.APIError](err); is {
		return http.StatusBadGateway
	}
	for _, known := range []struct {
		err    error
		status int
	}{
		{errNoToken, http.StatusUnauthorized},
		{errWrongToken, http.StatusUnauthorized},
		{errSessionOver, http.StatusUnauthorized},
		{errGuessing, http.StatusTooManyRequests},
		{errOtherSite, http.StatusForbidden},
		{errNoSession, http.StatusForbidden},
		{manager.ErrWhichCluster, http.StatusBadRequest},
		{manager.ErrNotFound, http.StatusNotFound},
		{manager.ErrForbidden, http.StatusForbidden},
		{ErrFixed, http.StatusConflict},
		{ErrSettings, http.StatusBadRequest},
		{manager.ErrStandby, http.StatusConflict},
		{manager.ErrConflict, http.StatusConflict},
		{manager.ErrInvalid, http.StatusBadRequest},
		{manager.ErrSource, http.StatusBadGateway},
		{manager.ErrCluster, http.StatusBadGateway},
		{manager.ErrEnding, http.StatusServiceUnavailable},
	} {
		if errors.Is(err, known.err) {
			return known.status
		}
	}
	return http.StatusInternalServerError
}

// refused tells an error: as text where the client did not ask for JSON and the route is one of text.
func refused(r *http.Request, err error) answer {
	told := answer{status: statusOf(err)}
	if told.status == http.StatusUnauthorized {
		told = told.with("WWW-Authenticate", `Bearer realm="connect-manager"`)
	}
	if !strings.HasPrefix(r.URL.Path, "/api/") && !wantsJSON(r) {
		told.text = err.Error() + "\n"
		return told
	}
	document := problem{Message: err.Error()}
	document.Problems, _ = errors.AsType[state.Problems](err)
	told.body = document
	return told
}

func wantsJSON(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "json")
}

// write sends an answer; with an entity tag, so that who has it already is not sent it again, and packed where that is taken.
func (a answer) write(w http.ResponseWriter, r *http.Request, log *slog.Logger) {
	content, kind, err := a.content()
	if err != nil {
		log.Error("answer", "path", r.URL.Path, "error", err)
		http.Error(w, "the answer cannot be written", http.StatusInternalServerError)
		return
	}
	header := w.Header()
	for name, values := range a.header {
		header[name] = values
	}
	if kind != "" && header.Get("Content-Type") == "" {
		header.Set("Content-Type", kind)
	}
	if a.status == http.StatusOK && r.Method == http.MethodGet {
		sum := sha256.Sum256(content)
		tag := `W/"` + hex.EncodeToString(sum[:16]) + `"`
		header.Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	header.Add("Vary", "Accept, Accept-Encoding")
	if len(content) >= smallestGzip && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		content = packed(content)
		header.Set("Content-Encoding", "gzip")
	}
	if len(content) > 0 {
		header.Set("Content-Length", strconv.Itoa(len(content)))
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeLimit)) // a recorder in a test has none
	w.WriteHeader(a.status)
	_, _ = w.Write(content) // the client may have gone
}

func (a answer) content() (content []byte, kind string, err error) {
	switch {
	case a.text != "":
		return []byte(a.text), "text/plain; charset=utf-8", nil
	case a.body == nil:
		return nil, "", nil
	}
	content, err = json.Marshal(a.body)
	return append(content, '\n'), "application/json", err
}

func packed(content []byte) []byte {
	var out bytes.Buffer
	writer, _ := gzip.NewWriterLevel(&out, gzip.BestSpeed) // the level is a known one
	_, _ = writer.Write(content)                           // memory takes it
	_ = writer.Close()
	return out.Bytes()
}
