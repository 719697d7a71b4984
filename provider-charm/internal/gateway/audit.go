package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"
)

// record is one audit record, a line of JSON. docs/operate.md tells operators of its keys. There is no query, no header
// and no body in it: they can carry secrets.
type record struct {
	Time     time.Time `json:"time"`
	Event    string    `json:"event"`             // request, attempt, reload
	Account  string    `json:"account,omitempty"` // "-": none
	Kind     kind      `json:"kind,omitempty"`
	Remote   string    `json:"remote,omitempty"`
	Listener string    `json:"listener,omitempty"` // clients, workers
	TLS      bool      `json:"tls"`
	Method   string    `json:"method,omitempty"`
	Path     string    `json:"path,omitempty"`
	Status   int       `json:"status,omitempty"`
	Outcome  string    `json:"outcome"` // done, refused (by the gateway), failed
	Reason   string    `json:"reason,omitempty"`
	Millis   float64   `json:"duration_ms,omitempty"`
	Changed  []string  `json:"changed,omitempty"`
	Accounts []string  `json:"accounts,omitempty"`
}

func (e *record) attributes() []slog.Attr {
	attributes := []slog.Attr{slog.String("event", e.Event), slog.String("who", e.Account), slog.String("outcome", e.Outcome)}
	if e.Event != "reload" {
		attributes = append(attributes, slog.String("method", e.Method), slog.String("path", e.Path), slog.Int("status", e.Status),
			slog.Float64("duration_ms", e.Millis), slog.String("remote", e.Remote))
	}
	if e.Reason != "" {
		attributes = append(attributes, slog.String("reason", e.Reason))
	}
	return attributes
}

// record records every write, whatever became of it. Reads go to the log, for whoever looks closer.
func (g *gateway) record(r *http.Request, v *visit, status int, refused *refusal, took time.Duration) {
	unknown := status == http.StatusUnauthorized || status == http.StatusTooManyRequests // is recorded within limits
	write := r.Method != http.MethodGet && !unknown && v.kind != kindNobody
	if !write && !g.log.Enabled(r.Context(), slog.LevelDebug) {
		return
	}
	entry := v.record(r, "request")
	entry.Status, entry.Millis = status, float64(took.Microseconds())/1000
	switch {
	case refused != nil:
		entry.Outcome, entry.Reason = "refused", refused.message
	case status >= http.StatusBadRequest:
		entry.Outcome = "failed"
	}
	if !write {
		g.debug(r, entry)
		return
	}
	g.auditor.write(entry)
}

// recordAttempt records that somebody came with a wrong user name or password.
func (g *gateway) recordAttempt(r *http.Request, v *visit, known string) {
	entry := v.record(r, "attempt")
	entry.Account, entry.Status, entry.Outcome = known, http.StatusUnauthorized, "refused"
	if known == "" {
		entry.Account = "-" // a name that nobody has may be a password in the wrong field
	}
	g.auditor.write(entry)
}

func (g *gateway) recordReload(done Reloaded, err error) {
	for _, key := range done.Restart {
		g.log.Warn("a change of the configuration waits for a restart", "key", key)
	}
	if err != nil {
		g.log.Error("not all could be reloaded; what could not be stays as it was", "error", err)
	}
	if err == nil && len(done.Changed) == 0 {
		return
	}
	entry := &record{Time: time.Now().UTC(), Event: "reload", Outcome: "done", Changed: done.Changed, Accounts: done.Accounts}
	if err != nil {
		entry.Outcome, entry.Reason = "failed", err.Error()
	}
	g.auditor.write(entry)
}

func (v *visit) record(r *http.Request, event string) *record {
	path := v.route.path
	if path == "" {
		path = r.URL.Path[:min(len(r.URL.Path), 200)]
	}
	entry := &record{
		Time: time.Now().UTC(), Event: event, Account: v.who, Kind: v.kind, Remote: r.RemoteAddr, Listener: "clients",
		TLS: r.TLS != nil, Method: r.Method, Path: path, Outcome: "done",
	}
	if v.internal {
		entry.Listener = "workers"
	}
	return entry
}

// The audit file and its older ones take (keptAudits+1)*maxAudit bytes at most.
const (
	maxAudit   = 16 << 20 // bytes
	keptAudits = 4        // audit.log.1, the youngest, to audit.log.4
)

// auditor writes the audit records into their file, which it turns over when it is full. A record that cannot be
// written goes to the log in its place: no disk that is full stops Connect.
type auditor struct {
	path string // "": to the log
	log  *slog.Logger
	most int64

	mutex sync.Mutex
	file  *os.File
	size  int64
}

func openAudit(path string, log *slog.Logger) (*auditor, error) {
	a := &auditor{path: path, log: log, most: maxAudit}
	if path == "" {
		return a, nil
	}
	if err := a.open(); err != nil {
		return nil, fmt.Errorf("cannot open the audit file: %w", err)
	}
	return a, nil
}

func (a *auditor) open() error {
	file, err := os.OpenFile(a.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		_ = file.Close()
		return err
	}
	a.file, a.size = file, info.Size()
	return nil
}

func (a *auditor) write(entry *record) {
	if a.path != "" {
		err := a.append(entry)
		if err == nil {
			return
		}
		a.log.Error("audit record not written to its file", "error", err)
	}
	level := slog.LevelInfo
	if entry.Event == "attempt" {
		level = slog.LevelWarn
	}
	a.log.LogAttrs(context.Background(), level, "audit", entry.attributes()...)
}

func (a *auditor) append(entry *record) error {
	line, err := json.Marshal(entry)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.file == nil || a.size+int64(len(line)) > a.most {
		if err := a.turnOver(); err != nil {
			return err
		}
	}
	written, err := a.file.Write(line)
	a.size += int64(written)
	return err
}

// turnOver begins a new file. The oldest one goes.
func (a *auditor) turnOver() error {
	if a.file != nil {
		_ = a.file.Close()
		a.file = nil
	}
	for age := keptAudits; age > 0; age-- {
		younger := a.path
		if age > 1 {
			younger += "." + strconv.Itoa(age-1)
		}
		if err := os.Rename(younger, a.path+"."+strconv.Itoa(age)); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	return a.open()
}

func (a *auditor) close() {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.file != nil {
		_ = a.file.Close()
	}
}
