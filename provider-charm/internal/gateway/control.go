package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"connectcharms/requirer-lib/unixsocket"
)

// Accepted says which accounts a gateway lets in from now on.
type Accepted struct {
	Revision string   `json:"revision"` // of accounts.Set
	Accounts []string `json:"accounts"` // user names, in order
	// Problem says why these are not the accounts of the accounts file; "" when they are.
	Problem string `json:"problem,omitempty"`
}

// Places are the addresses that are really listened on; "" is none.
type Places struct {
	Listen   string `json:"listen"`
	Internal string `json:"internal,omitempty"`
	Metrics  string `json:"metrics,omitempty"`
}

// Status is what a gateway says of itself.
type Status struct {
	Accepted
	Places
	// MetricsProblem says why there are no metrics where the configuration wants them.
	MetricsProblem string `json:"metrics_problem,omitempty"`

	Plain       bool        `json:"plain"`       // clients may come without TLS
	Certificate Certificate `json:"certificate"` // shown to clients
	Identity    Certificate `json:"identity"`    // shared with the other workers
	// Config is the Revision of the configuration file that was taken last, and Restart the keys of it that wait for a
	// restart.
	Config  string   `json:"config"`
	Restart []string `json:"restart,omitempty"`
	// ConfigProblem says why the settings are not those of the configuration file; "" when they are.
	ConfigProblem string   `json:"config_problem,omitempty"`
	UpstreamUp    bool     `json:"upstream_up"`
	Requests      Requests `json:"requests"`
}

// Requests counts the requests since the gateway began.
type Requests struct {
	Total        int64 `json:"total"`
	Unauthorized int64 `json:"unauthorized"` // answered 401
	Limited      int64 `json:"limited"`      // answered 429
	Refused      int64 `json:"refused"`      // other requests that never reached the worker
	Failed       int64 `json:"failed"`       // answered 502 or 504
}

// Control talks to a running gateway over its socket, which only the same user can open.
type Control struct {
	Socket string
}

// Reload makes the gateway read its configuration file, and the files that it names, and tells what that changed. A
// file that is there and cannot be understood is an error, and the gateway goes on with what it had of that file; the
// others are in force all the same. (Without an accounts file nobody gets in, which is no error.)
func (c Control) Reload(ctx context.Context) (Reloaded, error) {
	var done Reloaded
	err := c.call(ctx, http.MethodPost, "/reload", &done)
	return done, err
}

// Status asks the gateway how it is.
func (c Control) Status(ctx context.Context) (Status, error) {
	var status Status
	err := c.call(ctx, http.MethodGet, "/status", &status)
	return status, err
}

const (
	controlPatience = 15 * time.Second
	maxControlReply = 4 << 20 // bytes
)

func (c Control) call(ctx context.Context, method, path string, reply any) error {
	ctx, cancel := context.WithTimeout(ctx, controlPatience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, "http://gateway"+path, nil)
	if err != nil {
		return err
	}
	transport := &http.Transport{DialContext: c.dial, DisableKeepAlives: true}
	answer, err := transport.RoundTrip(request)
	if err != nil {
		return fmt.Errorf("cannot reach the gateway at %s (is its service running?): %w", c.Socket, err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxControlReply))
	if err != nil {
		return fmt.Errorf("cannot read the answer of the gateway at %s: %w", c.Socket, err)
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("gateway at %s answered %s %s with %s: %s", c.Socket, method, path, answer.Status, bytes.TrimSpace(body))
	}
	return json.Unmarshal(body, reply)
}

func (c Control) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	return unixsocket.Dial(ctx, c.Socket)
}

// control is the gateway's side of Control.
func (g *gateway) control(places Places) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /reload", func(w http.ResponseWriter, _ *http.Request) {
		done, err := g.reload()
		if err != nil {
			refuse(http.StatusUnprocessableEntity, err.Error()).write(w)
			return
		}
		writeJSON(w, http.StatusOK, done)
	})
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, http.StatusOK, g.status(r.Context(), places))
	})
	return mux
}

func (g *gateway) status(ctx context.Context, places Places) Status {
	file := g.taken.Load()
	var metricsProblem string
	places.Metrics, metricsProblem = g.scrapes.state()
	return Status{
		Accepted:       g.accepted(),
		Places:         places,
		MetricsProblem: metricsProblem,

		Plain:         g.settings.Load().takesPlain(),
		Certificate:   g.certificate.describe(),
		Identity:      g.identity.describe(),
		Config:        file.revision,
		Restart:       file.restart,
		ConfigProblem: file.problem,
		UpstreamUp:    g.health.good(ctx),
		Requests: Requests{
			Total:        g.counts.total.Load(),
			Unauthorized: g.counts.unauthorized.Load(),
			Limited:      g.counts.limited.Load(),
			Refused:      g.counts.refused.Load(),
			Failed:       g.counts.failed.Load(),
		},
	}
}

func (g *gateway) accepted() Accepted {
	now := g.book.current.Load()
	return Accepted{Revision: now.revision, Accounts: now.names, Problem: now.problem}
}
