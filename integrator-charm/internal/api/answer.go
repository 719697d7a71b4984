package api

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"
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

// write sends an answer; with an entity tag (the version, where the route says one), so that who has it already is not sent it
// again, and packed where that is taken.
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
		if header.Get("ETag") == "" {
			sum := sha256.Sum256(content)
			header.Set("ETag", `W/"`+hex.EncodeToString(sum[:16])+`"`)
		}
		if r.Header.Get("If-None-Match") == header.Get("ETag") {
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
