package notify_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/notify"
	"connectcharms/requirer-lib/secret"
)

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

// TestNobodyWaitsForTheTimeOfAClockThatWasAhead has a message wait in its group, and another for its next attempt, when the clock is put
// right.
func TestNobodyWaitsForTheTimeOfAClockThatWasAhead(t *testing.T) {
	t.Parallel()
	const years = 20 * 365 * 24 * time.Hour
	for name, config := range map[string]string{"in its group": "group-wait: 1h\n", "for its next attempt": quick} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHook(t)
			h.respond(status(http.StatusServiceUnavailable))
			d := newDesk(t, config)
			d.forward(years, config)
			d.know(h.subject("orders"))
			d.observe(ill("orders"))
			if config == quick {
				stop := d.run()
				require.Eventually(t, func() bool { return len(h.got()) > 0 }, patience, time.Millisecond)
				stop()
			}
			d.forward(-years, config)
			h.respond(nil)
			d.run()
			d.settled()
			deliveries, err := d.store.Outbox(t.Context())
			require.NoError(t, err)
			assert.Empty(t, deliveries)
			assert.NotEmpty(t, h.got())
		})
	}
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
	require.Eventually(t, func() bool {
		outbox, err := d.store.Outbox(t.Context())
		require.NoError(t, err)
		return len(outbox) == 1
	}, patience, time.Millisecond)
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
	h.respond(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "60") // so one attempt is all that there is
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	d := newDesk(t, quick)
	d.know(h.subject("orders"))
	d.observe(ill("orders"))
	d.reopen(quick) // accepted, and not yet put together
	stop := d.run()
	require.Eventually(t, func() bool {
		outbox, err := d.store.Outbox(t.Context())
		require.NoError(t, err)
		return len(outbox) == 1 && outbox[0].Attempts == 1
	}, patience, time.Millisecond)
	stop()
	d.reopen(quick) // tried, and not delivered
	h.respond(nil)
	d.clock.forward(time.Minute)
	d.run()
	d.settled()
	assert.Len(t, h.got(), 2)
	d.observe(ill("orders"))
	d.settled()
	assert.Len(t, h.got(), 2, "it is still known to be told")
}

func TestNoAddressShowsAnywhere(t *testing.T) {
	t.Parallel()
	const url = "http://127.0.0.1:1" // nobody listens: the errors of package http name the address
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
	assert.NotContains(t, fmt.Sprint(receivers), "token-4711")
	assert.Contains(t, d.log.String(), "cannot be used")
	assert.NotContains(t, d.log.String(), "token-4711")
	require.NoError(t, d.store.Close())
	for _, file := range []string{"manager.db", "notify.key"} {
		text, err := os.ReadFile(filepath.Join(d.dir, file))
		require.NoError(t, err)
		assert.NotContains(t, string(text), "token-4711")
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
