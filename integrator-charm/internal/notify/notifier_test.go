package notify_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"connectcharms/integrator-charm/internal/notify"
	"connectcharms/integrator-charm/internal/store"
	"connectcharms/requirer-lib/secret"
)

const patience = 20 * time.Second

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
	log   *journal
	store *store.Store
	*notify.Notifier
}

// journal is what was logged.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(text []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(text)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func newDesk(t *testing.T, config string) *desk {
	t.Helper()
	d := &desk{t: t, dir: t.TempDir(), clock: &clock{}, log: &journal{}}
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

func TestOwnersAreToldThatSomethingFailedAndThatItRecovered(t *testing.T) {
	t.Parallel()
	h := newHook(t)
	d := newDesk(t, quick+"link: https://manager.example.org/")
	d.run()
	d.know(h.subject("orders"))
	d.observe(ill("orders"), well("other"))
	message := h.await(t, 1)[0]
	assert.Equal(t, "east: orders has failed", message.Title)
	assert.Contains(t, message.Text, "owner: streams")
	assert.Contains(t, message.Text, "java.lang.Boom")
	assert.Contains(t, message.Text, "https://manager.example.org/")
	event := message.Events[0]
	assert.Equal(t, notify.Failed, event.Kind)
	assert.Equal(t, "orders", event.Connector)
	assert.Equal(t, map[string]string{"tier": "gold"}, event.Labels)
	assert.False(t, event.Since.IsZero())

	d.settled()
	d.observe(well("orders"))
	assert.Equal(t, "east: orders has recovered", h.await(t, 2)[1].Title)
	d.observe(well("orders"))
	d.settled()
	assert.Len(t, h.got(), 2)
}

func TestWhatIsStillFailedIsToldOnceAndThenByInterval(t *testing.T) {
	t.Parallel()
	h := newHook(t)
	d := newDesk(t, quick+"repeat-interval: 4h")
	d.run()
	d.know(h.subject("orders"))
	for range 5 {
		d.observe(ill("orders"))
		d.settled()
	}
	h.await(t, 1)
	assert.Equal(t, 4, d.Dropped()[notify.AlreadyTold])
	d.clock.forward(4 * time.Hour)
	d.observe(ill("orders"))
	message := h.await(t, 2)[1]
	assert.Equal(t, "east: orders is still failed", message.Title)
	assert.Greater(t, message.Events[0].At.Sub(message.Events[0].Since), 3*time.Hour)

	d.observe(notify.Seen{Connector: "orders", Health: notify.Ill, GivenUp: true})
	assert.Equal(t, notify.GivenUp, h.await(t, 3)[2].Events[0].Kind, "that is news")
	d.settled()
	d.observe(notify.Seen{Connector: "orders", Health: notify.Unclear})
	d.settled()
	assert.Len(t, h.got(), 3)
}

func TestWhatPassesWhileItWaitsIsNotTold(t *testing.T) {
	t.Parallel()
	h := newHook(t)
	d := newDesk(t, "group-wait: 1h")
	d.know(h.subject("orders"), h.subject("bills"))
	d.observe(ill("orders"), ill("bills"))
	d.observe(well("orders"), ill("bills"))
	d.observe(well("orders"), notify.Seen{Connector: "bills", Health: notify.Ill, GivenUp: true})
	d.clock.forward(time.Hour)
	d.run()
	message := h.await(t, 1)[0]
	require.Len(t, message.Events, 1)
	assert.Equal(t, "bills", message.Events[0].Connector)
	assert.Equal(t, notify.GivenUp, message.Events[0].Kind, "only how it ended")
}

func TestEventsOfOneReceiverAreToldTogether(t *testing.T) {
	t.Parallel()
	h := newHook(t)
	config := "group-wait: 1h\ngroup-interval: 2h"
	d := newDesk(t, config)
	d.run()
	var subjects []notify.Subject
	var seen []notify.Seen
	for i := range 60 {
		subjects = append(subjects, h.subject(fmt.Sprint("c", i)))
		seen = append(seen, ill(fmt.Sprint("c", i)))
	}
	d.know(append(subjects, h.subject("late"))...)
	d.observe(seen[:30]...)
	d.observe(seen...)
	d.forward(time.Hour, config)
	message := h.await(t, 1)[0]
	assert.Len(t, message.Events, 50)
	assert.Equal(t, 10, message.More)
	assert.Equal(t, "east: 50 failed, 10 more", message.Title)
	assert.Contains(t, message.Text, "and 10 more")

	d.settled()
	d.observe(append(seen, ill("late"))...)
	d.forward(time.Hour, config)
	events, err := d.store.Events(t.Context())
	require.NoError(t, err)
	assert.Len(t, events, 1, "messages keep their distance")
	d.forward(time.Hour, config)
	assert.Equal(t, "east: late has failed", h.await(t, 2)[1].Title)
}

func TestARemovalIsToldToWhoOwnedItAlsoAfterARestart(t *testing.T) {
	t.Parallel()
	h := newHook(t)
	d := newDesk(t, quick)
	d.know(h.subject("orders"), h.subject("bills"))
	d.know(h.subject("bills"))
	d.reopen(quick)
	d.know(h.subject("bills"))
	for range 2 { // a sync that was broken off tells again
		require.NoError(t, d.Tell(t.Context(), "east", []notify.News{{ID: "run-7 orders", Connector: "orders", Kind: notify.Removed, Text: "by alice"}}))
	}
	d.run()
	message := h.await(t, 1)[0]
	require.Len(t, message.Events, 1)
	assert.Equal(t, "streams", message.Events[0].Team)
	assert.Contains(t, message.Text, "orders was removed: by alice")
}

func TestTheManagersOwnTroubleIsToldByDefault(t *testing.T) {
	t.Parallel()
	owner, operations := newHook(t), newHook(t)
	file := filepath.Join(t.TempDir(), "default")
	require.NoError(t, os.WriteFile(file, []byte(operations.URL), 0o600))
	config := quick + "default: {webhook-file: " + file + "}"
	d := newDesk(t, config)
	stop := d.run()
	d.know(owner.subject("state file"))
	trouble := func(matters map[string]string) {
		require.NoError(t, d.Trouble(t.Context(), "east", matters))
		d.observe(well("state file"))
		d.settled()
	}
	trouble(map[string]string{"state file": "line 9: cannot find field pausedd"})
	trouble(map[string]string{"state file": "line 9: cannot find field pausedd", "cluster": "it does not answer"})
	trouble(map[string]string{"cluster": "it does not answer"})
	stop()
	d.reopen(config)
	d.run()
	trouble(nil)
	trouble(nil)
	var titles []string
	for _, message := range operations.messages(t) {
		titles = append(titles, message.Title)
	}
	assert.Equal(t, []string{"east: state file needs attention", "east: cluster needs attention", "east: state file is right again", "east: cluster is right again"}, titles)
	assert.Contains(t, operations.messages(t)[0].Text, "state file needs attention: line 9: cannot find field pausedd")
	assert.Empty(t, owner.got())
}

func TestASilenceHoldsBackUntilItIsOver(t *testing.T) {
	t.Parallel()
	h := newHook(t)
	d := newDesk(t, quick)
	d.run()
	d.know(h.subject("orders"), h.subject("bills"))
	silence, err := d.Silence(t.Context(), notify.Silence{
		By: "alice", Until: d.clock.Now().Add(time.Hour), Matcher: notify.Matcher{Connector: "ord*", Team: "streams", Labels: map[string]string{"tier": "*"}},
	})
	require.NoError(t, err)
	d.observe(ill("orders"), ill("bills"))
	assert.Equal(t, "east: bills has failed", h.await(t, 1)[0].Title)
	d.settled()
	all, err := d.Silences(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 1)
	assert.Equal(t, silence.ID, all[0].ID)

	require.NoError(t, d.EndSilence(t.Context(), silence.ID))
	require.ErrorIs(t, d.EndSilence(t.Context(), silence.ID), notify.ErrNotFound)
	d.observe(ill("orders"), ill("bills"))
	assert.Equal(t, "east: orders has failed", h.await(t, 2)[1].Title)
	d.settled()

	_, err = d.Silence(t.Context(), notify.Silence{By: "alice", Until: d.clock.Now().Add(time.Hour), Matcher: notify.Matcher{Connector: "*"}})
	require.NoError(t, err)
	d.observe(well("orders"), ill("bills"))
	d.clock.forward(2 * time.Hour)
	d.observe(well("orders"), ill("bills"))
	assert.Equal(t, "east: orders has recovered", h.await(t, 3)[2].Title, "whoever heard that it failed hears that it recovered")
}

func TestASilenceNeedsAnEndAndASubject(t *testing.T) {
	t.Parallel()
	d := newDesk(t, quick)
	later := d.clock.Now().Add(time.Hour)
	for name, silence := range map[string]notify.Silence{
		"no end":         {Matcher: notify.Matcher{Connector: "*"}},
		"over":           {Matcher: notify.Matcher{Connector: "*"}, Until: later.Add(-2 * time.Hour)},
		"nothing":        {Until: later},
		"broken pattern": {Matcher: notify.Matcher{Connector: "[a"}, Until: later},
		"ends first":     {Matcher: notify.Matcher{Connector: "a"}, From: later.Add(time.Hour), Until: later},
	} {
		_, err := d.Silence(t.Context(), silence)
		require.ErrorIs(t, err, notify.ErrInvalid, name)
	}
}

func TestATeamWithoutAddressesIsToldWhereTheSettingsSay(t *testing.T) {
	t.Parallel()
	team, fallback := newHook(t), newHook(t)
	dir := t.TempDir()
	for name, h := range map[string]*hook{"team": team, "default": fallback} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(h.URL+"/\n"), 0o600))
	}
	d := newDesk(t, quick+fmt.Sprintf("default: {webhook-file: %[1]s/default}\nteams: {data: {webhook-file: %[1]s/team, events: [removed]}}", dir))
	d.run()
	d.know(notify.Subject{Connector: "a", Team: "data"})
	d.observe(ill("a"), ill("nobodys"))
	assert.Equal(t, "east: nobodys has failed", fallback.await(t, 1)[0].Title)
	require.NoError(t, d.Tell(t.Context(), "east", []notify.News{{ID: "1", Connector: "a", Kind: notify.Removed}}))
	assert.Equal(t, "east: a was removed", team.await(t, 1)[0].Title)
	assert.Equal(t, 1, d.Dropped()[notify.NotWanted])
}

func TestAMessageIsTriedUntilTheReceiverHasIt(t *testing.T) {
	t.Parallel()
	h := newHook(t)
	d := newDesk(t, quick)
	d.run()
	d.know(h.subject("orders"))
	hung := make(chan struct{})
	h.respond(func(w http.ResponseWriter, r *http.Request) {
		switch len(h.got()) {
		case 1:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 2:
			panic(http.ErrAbortHandler) // the connection breaks
		case 3:
			<-hung
		}
	})
	time.AfterFunc(50*time.Millisecond, func() { close(hung) })
	d.observe(ill("orders"))
	d.settled()
	messages := h.await(t, 3)
	assert.Equal(t, messages[0], messages[2])
	assert.NotEmpty(t, messages[0].ID)
	for _, request := range h.got() {
		assert.Equal(t, messages[0].ID, request.header.Get(notify.IdempotencyHeader))
	}
	receivers, err := d.Receivers(t.Context())
	require.NoError(t, err)
	require.Len(t, receivers, 1)
	assert.Empty(t, receivers[0].Error)
	assert.Zero(t, receivers[0].Waiting)
}

func TestAReceiverThatHangsHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	hanging, other := newHook(t), newHook(t)
	end := make(chan struct{})
	hanging.respond(func(_ http.ResponseWriter, r *http.Request) { <-end })
	t.Cleanup(func() { close(end) })
	d := newDesk(t, quick)
	stop := d.run()
	d.know(hanging.subject("a"), other.subject("b"))
	d.observe(ill("a"), ill("b"))
	other.await(t, 1)
	hanging.await(t, 1)
	stop() // does not wait for the receiver
	outbox, err := d.store.Outbox(t.Context())
	require.NoError(t, err)
	require.Len(t, outbox, 1)
	assert.Zero(t, outbox[0].Attempts, "what our own end cut off is as it was")
}

func TestAReceiverThatIsGoneIsGivenUpAndSaidSo(t *testing.T) {
	t.Parallel()
	h := newHook(t)
	h.respond(status(http.StatusGone))
	d := newDesk(t, quick)
	d.run()
	d.know(h.subject("orders"))
	d.observe(ill("orders"))
	d.settled()
	assert.Len(t, h.got(), 5)
	receivers, err := d.Receivers(t.Context())
	require.NoError(t, err)
	require.Len(t, receivers, 1)
	assert.Equal(t, 1, receivers[0].GivenUp)
	assert.Equal(t, "it answers 410", receivers[0].Error)
	assert.Contains(t, d.log.String(), "given up")

	h.respond(nil)
	d.observe(well("orders"))
	d.settled()
	receivers, err = d.Receivers(t.Context())
	require.NoError(t, err)
	assert.Zero(t, receivers[0].GivenUp, "it has come back")
}

func TestAMessageThatIsTooOldIsGivenUp(t *testing.T) {
	t.Parallel()
	h := newHook(t)
	h.respond(status(http.StatusBadGateway))
	d := newDesk(t, quick+"give-up-after: 1h")
	d.run()
	d.know(h.subject("orders"))
	d.observe(ill("orders"))
	require.Eventually(t, func() bool { return len(h.got()) > 2 }, patience, time.Millisecond)
	d.clock.forward(time.Hour)
	d.settled()
	receivers, err := d.Receivers(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 1, receivers[0].GivenUp)
}

func TestARedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	elsewhere, h := newHook(t), newHook(t)
	h.respond(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	})
	d := newDesk(t, quick)
	d.run()
	d.know(h.subject("orders"))
	d.observe(ill("orders"))
	d.settled()
	assert.Empty(t, elsewhere.got())
}

// Between each step and the next the manager may be gone; what was accepted is told all the same.
func TestNothingAcceptedIsLostOverRestarts(t *testing.T) {
	t.Parallel()
	h := newHook(t)
	h.respond(status(http.StatusServiceUnavailable))
	d := newDesk(t, quick)
	d.know(h.subject("orders"))
	d.observe(ill("orders"))
	d.reopen(quick) // accepted, and not yet put together
	stop := d.run()
	require.Eventually(t, func() bool { return len(h.got()) > 0 }, patience, time.Millisecond)
	stop()
	d.reopen(quick) // tried, and not delivered
	before := len(h.got())
	h.respond(nil)
	d.run()
	d.settled()
	assert.Len(t, h.got(), before+1)
	d.observe(ill("orders"))
	d.settled()
	assert.Len(t, h.got(), before+1, "it is still known to be told")
}

func TestNoAddressShowsAnywhere(t *testing.T) {
	t.Parallel()
	h := newHook(t)
	url := h.URL
	h.Close() // nobody listens: the errors of package http name the address
	d := newDesk(t, quick)
	stop := d.run()
	d.know(notify.Subject{Connector: "a", Webhook: secret.New(url + "/token-4711"), Chat: secret.New("http://user:token-4711@" + strings.TrimPrefix(url, "http://") + "/x?t=token-4711")})
	d.know(
		notify.Subject{Connector: "a", Webhook: secret.New(url + "/token-4711"), Chat: secret.New("http://user:token-4711@" + strings.TrimPrefix(url, "http://") + "/x?t=token-4711")},
		notify.Subject{Connector: "b", Webhook: secret.New("gopher://token-4711"), Chat: secret.New("http://token-4711:%zz/")},
	)
	d.observe(ill("a"), ill("b"))
	require.Eventually(t, func() bool {
		receivers, err := d.Receivers(t.Context())
		require.NoError(t, err)
		return len(receivers) == 2 && receivers[0].Error != "" && receivers[1].Error != ""
	}, patience, 5*time.Millisecond)
	stop()
	receivers, err := d.Receivers(t.Context())
	require.NoError(t, err)
	assert.NotContains(t, fmt.Sprint(receivers), "4711")
	assert.Contains(t, d.log.String(), "cannot be used")
	assert.NotContains(t, d.log.String(), "4711")
	require.NoError(t, d.store.Close())
	for _, file := range []string{"manager.db", "notify.key"} {
		text, err := os.ReadFile(filepath.Join(d.dir, file))
		require.NoError(t, err)
		assert.NotContains(t, string(text), "4711")
	}
	d.open(quick)
}

func TestAnotherKeyGivesUpWhatWasSealed(t *testing.T) {
	t.Parallel()
	h := newHook(t)
	d := newDesk(t, quick)
	d.know(h.subject("orders"))
	d.observe(ill("orders"))
	require.NoError(t, os.Remove(filepath.Join(d.dir, "notify.key")))
	d.reopen(quick)
	d.run()
	d.settled()
	receivers, err := d.Receivers(t.Context())
	require.NoError(t, err)
	assert.Contains(t, receivers[0].Error, "sealed with another key")
	d.know(h.subject("orders"))
	d.observe(ill("orders"))
	h.await(t, 1)
	require.NoError(t, os.WriteFile(filepath.Join(d.dir, "notify.key"), []byte("half"), 0o600))
	_, err = notify.New(d.store, notify.Options{KeyFile: filepath.Join(d.dir, "notify.key")})
	require.ErrorContains(t, err, "notify.key")
}

func TestTheKeyIsForItsOwnerAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "notify.key")
	_, err := notify.OpenKey(path)
	require.NoError(t, err)
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	_, err = notify.OpenKey(filepath.Join(path, "none"))
	require.Error(t, err)
	assert.False(t, errors.Is(err, os.ErrNotExist))
}
