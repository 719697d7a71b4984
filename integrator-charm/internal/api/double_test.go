package api_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/api"
	"connectcharms/integrator-charm/internal/approval"
	"connectcharms/integrator-charm/internal/manager"
	"connectcharms/integrator-charm/internal/overlay"
	"connectcharms/integrator-charm/internal/settings"
	"connectcharms/integrator-charm/internal/store"
	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/control"
	"connectcharms/requirer-lib/state"
)

// double is a manager that says what a test wants, and notes what it is asked for.
type double struct {
	manager.Hub

	mu    sync.Mutex
	calls []string
	fails map[string]error // by the call's first word
	hints state.Problems
	// entered is told of each sync that has begun, and leave lets them end. Nil: they end at once.
	entered, leave chan struct{}
	when           time.Time
}

func (d *double) call(format string, args ...any) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	call := fmt.Sprintf(format, args...)
	d.calls = append(d.calls, call)
	word, _, _ := strings.Cut(call, " ")
	return d.fails[word]
}

func (d *double) fail(word string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fails[word] = err
}

func (d *double) take() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	calls := d.calls
	d.calls = nil
	return calls
}

func (d *double) Alive() error { return d.call("alive") }
func (d *double) Ready() error { return d.call("ready") }

func (d *double) Clusters() []manager.ClusterInfo {
	return []manager.ClusterInfo{{Name: "main", Endpoints: []string{"http://connect:8083"}, Reachable: true}}
}

func (d *double) Status(cluster string) (manager.Status, error) {
	summary := connectors.Report{}.Summary()
	return manager.Status{
		Cluster: "main", Active: true, Source: "state.yaml", Interval: "1m0s", Drift: settings.Repair, Reachable: true,
		Problems:   []state.Problem{{Line: 9, Column: 5, Message: "Cannot find field", Nearest: "paused"}},
		SourceRead: d.when, NextSync: &d.when, Connectors: map[string]int{"running": 2}, Drifted: []string{}, GivenUp: []string{}, Halted: []string{},
		LastSync: &manager.Sync{At: d.when, By: "ada", Result: manager.ResultOK, Summary: summary, Run: 7},
	}, d.call("status %s", cluster)
}

func (d *double) Connectors(_ context.Context, cluster string) ([]manager.Connector, error) {
	value := "2"
	list := []manager.Connector{
		{Name: "replicate-topic", State: connect.Running},
		{Name: "elasticsearch-ksqldb", State: connect.Running},
		{Name: "wikipedia-irc", State: connect.Paused, Wanted: "paused", Drift: []connectors.KeyChange{{Key: "tasks.max", New: &value}}},
		{
			Name: "broken", State: connect.Running,
			Tasks: []manager.Task{{ID: 0, State: connect.Failed, Worker: "a:8083", Trace: "java.lang.Exception: no\n\tat a\nCaused by: a\n\tat a\nCaused by: b\n\tat b"}},
		},
		{Name: "new", State: manager.Missing},
	}
	for i := range list {
		list[i].Connector = list[i].Name + "_r1"
		list[i].Labels = map[string]string{}
		if list[i].Tasks == nil {
			list[i].Tasks = []manager.Task{}
		}
		if list[i].Drift == nil {
			list[i].Drift = []connectors.KeyChange{}
		}
	}
	return list, d.call("connectors %s", cluster)
}

func (d *double) History(_ context.Context, cluster string, limit int, before int64) ([]manager.Run, error) {
	run := manager.Run{ID: 7, At: d.when, Ended: d.when, By: "ada", Kind: "sync", Result: "ok", Summary: connectors.Report{}.Summary()}
	return []manager.Run{run}, d.call("history %s %d %d", cluster, limit, before)
}

func (d *double) Sync(_ context.Context, cluster, by string) (connectors.Summary, error) {
	summary := connectors.Report{Connectors: []connectors.Result{
		{Name: "wikipedia-irc", Wanted: connect.Paused, Done: []connectors.Action{connectors.Pause}},
	}}.Summary()
	if d.entered != nil {
		d.entered <- struct{}{}
		<-d.leave
	}
	return summary, d.call("sync %s by %s", cluster, by)
}

func (d *double) Validate(_ context.Context, cluster string) (state.Problems, error) {
	return d.hints, d.call("validate %s", cluster)
}

func (d *double) Do(_ context.Context, cluster, connector string, verb manager.Verb, by string) error {
	return d.call("%s %s on %s by %s", verb, connector, cluster, by)
}

func (d *double) planned(id string) manager.Plan {
	return manager.Plan{
		ID: id, Created: d.when, State: "waiting",
		Changes: []connectors.Change{{Name: "wikipedia-irc", Actions: []connectors.Action{connectors.Delete}, From: connect.Running}},
		Needs:   []manager.Need{{Change: "wikipedia-irc", Rule: "deletions", Count: 1, Approvers: []string{"ada"}}}, Approvals: []manager.Decision{}, MayApprove: true,
	}
}

func (d *double) Plan(_ context.Context, cluster, who string) (manager.Plan, error) {
	return d.planned("p1"), d.call("plan %s for %s", cluster, who)
}

func (d *double) Approve(_ context.Context, plan, by, comment string) (manager.Plan, error) {
	return d.planned(plan), d.call("approve %s by %s: %s", plan, by, comment)
}

func (d *double) Reject(_ context.Context, plan, by, comment string) (manager.Plan, error) {
	return d.planned(plan), d.call("reject %s by %s: %s", plan, by, comment)
}

func (d *double) Plans(_ context.Context, cluster string, limit int, before int64) ([]approval.Plan, error) {
	return []approval.Plan{{ID: "p1", Cluster: "main", State: approval.Rejected, Created: d.when, Since: d.when}},
		d.call("plans %s %d %d", cluster, limit, before)
}

func (d *double) Receivers(context.Context) ([]store.Receiver, error) {
	return []store.Receiver{{Name: "email ada@example.org", Waiting: 1, GivenUp: 2, Error: "it answers 410", Delivered: d.when}}, d.call("receivers")
}

func (d *double) Report(_ context.Context, plan string) (approval.Plan, error) {
	return approval.Plan{ID: "p1", Cluster: "main", State: approval.Applied, Created: d.when, Since: d.when}, d.call("report %s", plan)
}

func (d *double) Silences(context.Context) ([]manager.Silence, error) {
	return []manager.Silence{{ID: "s1", Connector: "wiki*", By: "ada", From: d.when, Until: d.when}}, d.call("silences")
}

func (d *double) Silence(_ context.Context, silence manager.Silence) (manager.Silence, error) {
	silence.ID = "s1"
	return silence, d.call("silence %s %s until %s", silence.Connector, silence.Team, silence.Until.Format(time.RFC3339))
}

func (d *double) EndSilence(_ context.Context, id string) error { return d.call("end-silence %s", id) }

func (d *double) Control(_ context.Context, cluster, connector, by string, message control.Message, version string) (overlay.Taken, error) {
	keys := slices.Sorted(maps.Keys(message.Config.Set))
	return overlay.Taken{Connector: connector, Version: 7, Outcome: overlay.TakenIn, Keys: keys},
		d.call("control %s on %s by %s, at %q: %s", connector, cluster, by, version, strings.Join(keys, ","))
}

// Refuse says what is wrong, unless a test wants something else.
func (d *double) Refuse(_ context.Context, cluster, connector, by string, problems control.Problems) error {
	if err := d.call("refuse %s on %s by %s", connector, cluster, by); err != nil {
		return err
	}
	return problems
}

func (d *double) shown() overlay.Shown {
	return overlay.Shown{
		Connector: "orders-1", Version: 7, Halted: &overlay.HaltShown{Since: d.when, By: "orders", Reason: "api_key has to be a number", Problems: []overlay.Problem{}},
		Keys: []overlay.KeyShown{{Key: "api_key", Secret: true, EmittedAt: d.when, TakenAt: d.when, By: "orders", Version: 7}},
	}
}

func (d *double) Overlays(_ context.Context, cluster string) ([]overlay.Shown, error) {
	return []overlay.Shown{d.shown()}, d.call("overlays %s", cluster)
}

func (d *double) Overlay(_ context.Context, cluster, connector string) (overlay.Shown, error) {
	return d.shown(), d.call("overlay %s on %s", connector, cluster)
}

func (d *double) ClearOverlay(_ context.Context, cluster, connector string, keys []string, by, version string) (overlay.Shown, error) {
	return d.shown(), d.call("clear %s on %s by %s, at %q: %s", connector, cluster, by, version, strings.Join(keys, ","))
}

func (d *double) ExportOverlays(_ context.Context, cluster string) (overlay.Document, error) {
	return overlay.Document{Version: 7}, d.call("export %s", cluster)
}

func (d *double) ImportOverlays(_ context.Context, cluster string, document overlay.Document) error {
	return d.call("import %d to %s", document.Version, cluster)
}

func (d *double) Delivered(_ context.Context, cluster string, version int64) error {
	return d.call("delivered %d to %s", version, cluster)
}

// stage is an API with a double behind it.
type stage struct {
	t       *testing.T
	manager *double
	links   *links
	api     *api.API
	open    http.Handler

	mu  sync.Mutex
	now time.Time
}

var began = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

// digests of what people, and a connector, send.
var tokens = []settings.Token{
	{Name: "ada", SHA256: sum("open sesame"), Roles: []settings.Role{settings.Operator}},
	{Name: "viewer", SHA256: sum("just looking"), Roles: []settings.Role{settings.Viewer}},
	{Name: "boss", SHA256: sum("i agree"), Roles: []settings.Role{settings.Approver}},
	{Name: "orders", SHA256: sum("of orders"), Roles: []settings.Role{settings.Connector}, Connectors: []string{"orders-*"}, Contexts: []string{"main"}},
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t, now: began, manager: &double{fails: map[string]error{}, when: began}}
	s.links = newLinks(t, s.manager)
	s.api = api.New(api.Options{
		Manager: s.manager, Connections: s.links, Metrics: prometheus.NewRegistry(), Now: s.clock, Log: slog.New(slog.DiscardHandler),
		Page: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "the page") }),
		Hook: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				w.WriteHeader(http.StatusRequestEntityTooLarge)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusAccepted)
			_, _ = io.WriteString(w, `{"message":"1 source is asked"}`)
		}),
		Reload: func(context.Context) error { return s.manager.call("reload") },
	})
	s.api.SetAliveEvery(time.Hour) // so nothing comes between the events of a test
	require.NoError(t, s.api.SetTokens(tokens))
	s.open = s.api.Open()
	return s
}

func (s *stage) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *stage) passes(time time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(time)
}

// ask sends a request; headers are "Name: value".
func (s *stage) ask(method, path, body string, headers ...string) *http.Response {
	s.t.Helper()
	return s.answer(s.open, method, path, body, headers...)
}

// askLocally sends it to the socket.
func (s *stage) askLocally(method, path, body string, headers ...string) *http.Response {
	s.t.Helper()
	return s.answer(s.api.Local(), method, path, body, headers...)
}

func (s *stage) answer(handler http.Handler, method, path, body string, headers ...string) *http.Response {
	s.t.Helper()
	request := httptest.NewRequestWithContext(s.t.Context(), method, path, strings.NewReader(body))
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Add(name, value)
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder.Result()
}

const (
	sesame  = "Authorization: open sesame"
	looking = "Authorization: just looking"
	agree   = "Authorization: Bearer i agree"
	orders  = "Authorization: Bearer of orders"
)

func text(t *testing.T, response *http.Response) string {
	t.Helper()
	content, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(content)
}
