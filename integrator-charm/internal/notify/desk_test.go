package notify_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"connectcharms/integrator-charm/internal/notify"
	"connectcharms/integrator-charm/internal/store"
	"connectcharms/requirer-lib/said"
	"connectcharms/requirer-lib/secret"
)

const patience = time.Minute

// quick is a configuration in which nothing waits.
const quick = "group-wait: 1ms\ngroup-interval: 1ms\n"

func decode(t *testing.T, text string) notify.Config {
	t.Helper()
	var node yaml.Node
	require.NoError(t, yaml.Load([]byte(text), &node))
	config, err := notify.Decode(*node.Content[0], t.TempDir())
	require.NoError(t, err)
	return config
}

// clock is moved by the test, and else goes on.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) forward(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += by
}

// desk is a manager's end of the notifier, whose parts outlive a restart of it.
type desk struct {
	t     *testing.T
	dir   string
	clock *clock
	log   *said.Lines
	store *store.Store
	*notify.Notifier
}

func newDesk(t *testing.T, config string) *desk {
	t.Helper()
	d := &desk{t: t, dir: t.TempDir(), clock: &clock{}, log: &said.Lines{}}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(d.log.String())
		}
	})
	d.open(config)
	return d
}

func (d *desk) open(config string) {
	d.t.Helper()
	kept, err := store.Open(d.t.Context(), filepath.Join(d.dir, "manager.db"), store.Options{})
	require.NoError(d.t, err)
	d.t.Cleanup(func() { assert.NoError(d.t, kept.Close()) })
	d.store = kept
	d.Notifier, err = notify.New(kept, notify.Options{
		Config: decode(d.t, config), KeyFile: filepath.Join(d.dir, "notify.key"), Log: slog.New(slog.NewTextHandler(d.log, &slog.HandlerOptions{Level: slog.LevelWarn})), Now: d.clock.Now,
		Backoff: func(int) time.Duration { return 10 * time.Millisecond },
	})
	require.NoError(d.t, err)
}

// reopen is a restart of the manager.
func (d *desk) reopen(config string) {
	d.t.Helper()
	require.NoError(d.t, d.store.Close())
	d.open(config)
}

// run delivers until the test, or what it returns, ends it.
func (d *desk) run() (stop func()) {
	ctx, cancel := context.WithCancel(d.t.Context())
	var running sync.WaitGroup
	running.Go(func() { assert.ErrorIs(d.t, d.Run(ctx), context.Canceled) })
	stop = func() { cancel(); running.Wait() }
	d.t.Cleanup(stop)
	return stop
}

func (d *desk) observe(seen ...notify.Seen) {
	d.t.Helper()
	require.NoError(d.t, d.Observe(d.t.Context(), "east", seen))
}

// forward moves the clock, and has the notifier look at it.
func (d *desk) forward(by time.Duration, config string) {
	d.t.Helper()
	d.clock.forward(by)
	require.NoError(d.t, d.Configure(decode(d.t, config)))
}

func ill(connector string) notify.Seen {
	return notify.Seen{Connector: connector, Health: notify.Ill, Trace: "java.lang.Boom\n\tat x", Attempts: 1}
}

func well(connector string) notify.Seen {
	return notify.Seen{Connector: connector, Health: notify.Well}
}

// hook is an owner's receiver over HTTP.
type hook struct {
	*httptest.Server
	mu       sync.Mutex
	answer   func(http.ResponseWriter, *http.Request) // nil: 204
	requests []request
}

type request struct {
	header http.Header
	body   []byte
}

func newHook(t *testing.T) *hook {
	t.Helper()
	h := &hook{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		h.mu.Lock()
		h.requests = append(h.requests, request{r.Header, body})
		answer := h.answer
		h.mu.Unlock()
		if answer != nil {
			answer(w, r)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hook) respond(answer func(http.ResponseWriter, *http.Request)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answer = answer
}

func status(code int) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func (h *hook) got() []request {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]request(nil), h.requests...)
}

// await gives the first messages, as many as asked for, and no more.
func (h *hook) await(t *testing.T, count int) (messages []notify.Message) {
	t.Helper()
	require.Eventually(t, func() bool { return len(h.got()) >= count }, patience, 2*time.Millisecond)
	messages = h.messages(t)
	require.Len(t, messages, count)
	return messages
}

func (h *hook) messages(t *testing.T) (messages []notify.Message) {
	t.Helper()
	for _, request := range h.got() {
		var message notify.Message
		require.NoError(t, json.Unmarshal(request.body, &message))
		messages = append(messages, message)
	}
	return messages
}

// settled waits until nothing is on its way.
func (d *desk) settled() {
	d.t.Helper()
	require.Eventually(d.t, func() bool {
		events, err := d.store.Events(d.t.Context())
		require.NoError(d.t, err)
		outbox, err := d.store.Outbox(d.t.Context())
		require.NoError(d.t, err)
		return len(events)+len(outbox) == 0
	}, patience, 2*time.Millisecond)
}

func (h *hook) subject(connector string) notify.Subject {
	return notify.Subject{Connector: connector, Team: "streams", OnCall: "+41 1", Webhook: secret.New(h.URL + "/token-4711"), Labels: map[string]string{"tier": "gold"}}
}

func (d *desk) know(subjects ...notify.Subject) {
	d.t.Helper()
	require.NoError(d.t, d.Know(d.t.Context(), "east", subjects))
}
