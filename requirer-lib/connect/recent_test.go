package connect_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
)

var notFound = fails(404, "Connector a not found")

func TestAConnectorJustCreatedIsAskedForUntilItShows(t *testing.T) {
	t.Parallel()
	type client = *connect.Client
	calls := map[string]func(context.Context, client) error{
		"connector": func(ctx context.Context, c client) error { _, err := c.Connector(ctx, "a"); return err },
		"config":    func(ctx context.Context, c client) error { _, err := c.Config(ctx, "a"); return err },
		"status":    func(ctx context.Context, c client) error { _, err := c.Status(ctx, "a"); return err },
		"task":      func(ctx context.Context, c client) error { _, err := c.TaskStatus(ctx, "a", 0); return err },
		"pause":     func(ctx context.Context, c client) error { return c.Pause(ctx, "a") },
		"delete":    func(ctx context.Context, c client) error { return c.Delete(ctx, "a") },
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			worker := startWorker(t, says(201, `{}`), notFound, notFound, says(200, `{}`))
			client, waited := clientOf(t, worker.URL)
			_, err := client.Create(t.Context(), "a", nil, "")
			require.NoError(t, err)
			require.NoError(t, call(t.Context(), client))
			assert.Equal(t, 2, waited.count())
			for _, delay := range waited.delays {
				assert.LessOrEqual(t, delay, 250*time.Millisecond)
			}
		})
	}
}

func TestWhoeverMadeTheChangeIsAskedAgain(t *testing.T) {
	t.Parallel()
	other, leader := startWorker(t, follows), startWorker(t, says(201, `{}`), notFound, says(200, `{}`))
	client, _ := clientOf(t, other.URL, leader.URL)
	put(t, client)
	_, err := client.Status(t.Context(), "a")
	require.NoError(t, err)
	assert.Len(t, leader.asked(), 3)
	assert.Len(t, other.asked(), 1)
}

func TestAConnectorJustPutIsAskedForOnlyIfItIsNew(t *testing.T) {
	t.Parallel()
	for status, waits := range map[int]int{201: 1, 200: 0} {
		worker := startWorker(t, says(status, `{}`), notFound, says(200, `{}`))
		client, waited := clientOf(t, worker.URL)
		put(t, client)
		_, _ = client.Config(t.Context(), "a")
		assert.Equal(t, waits, waited.count(), "PUT answered %d", status)
	}
}

func TestAListingIsAskedForUntilItShowsWhatWasWritten(t *testing.T) {
	t.Parallel()
	worker := startWorker(t, says(201, `{}`), says(204, ""),
		says(200, `["b"]`), says(200, `["a","b"]`), says(200, `["a"]`),
		says(200, `{"b":{},"a":{}}`), says(200, `{}`), says(200, `{"a":{}}`))
	client, waited := clientOf(t, worker.URL)
	_, err := client.Create(t.Context(), "a", nil, "")
	require.NoError(t, err)
	require.NoError(t, client.Delete(t.Context(), "b"))
	names, err := client.Connectors(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"a"}, names)
	assert.Equal(t, 2, waited.count())
	listed, err := client.ListConnectors(t.Context())
	require.NoError(t, err)
	assert.Len(t, listed, 1)
	assert.Equal(t, 4, waited.count())
}

func TestAConnectorJustDeletedIsAskedForUntilItIsGone(t *testing.T) {
	t.Parallel()
	worker := startWorker(t, says(204, ""), says(200, `{}`), says(200, `{}`), notFound)
	client, waited := clientOf(t, worker.URL)
	require.NoError(t, client.Delete(t.Context(), "a"))
	_, err := client.Status(t.Context(), "a")
	require.ErrorIs(t, err, connect.ErrNotFound)
	assert.Equal(t, 2, waited.count())
}

// Somebody else may have deleted it: then that is the answer, after five seconds.
func TestWhatDoesNotComeToShowIsTakenAfterAWhile(t *testing.T) {
	t.Parallel()
	for name, answers := range map[string][]http.HandlerFunc{
		"created": {says(201, `{}`), notFound}, "deleted": {says(204, ""), says(200, `{"name":"a"}`)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			worker := startWorker(t, answers...)
			client, waited := clientOf(t, worker.URL)
			if name == "created" {
				_, err := client.Create(t.Context(), "a", nil, "")
				require.NoError(t, err)
			} else {
				require.NoError(t, client.Delete(t.Context(), "a"))
			}
			status, err := client.Status(t.Context(), "a")
			assert.Equal(t, name == "created", err != nil, "%v", err)
			assert.Equal(t, name == "deleted", status.Name == "a")
			assert.InDelta(t, 5, waited.passed.Seconds(), .3)
			before := waited.count()
			_, _ = client.Status(t.Context(), "a")
			assert.Equal(t, before, waited.count(), "and from then on at once")
		})
	}
}

func TestAFailedWriteIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	worker := startWorker(t, fails(400, "bad"), notFound)
	client, waited := clientOf(t, worker.URL)
	_, err := client.Create(t.Context(), "a", nil, "")
	require.Error(t, err)
	_, err = client.Config(t.Context(), "a")
	require.ErrorIs(t, err, connect.ErrNotFound)
	assert.Zero(t, waited.count())
}

func TestOtherConnectorsAreNotWaitedFor(t *testing.T) {
	t.Parallel()
	worker := startWorker(t, says(201, `{}`), notFound)
	client, waited := clientOf(t, worker.URL)
	_, err := client.Create(t.Context(), "a", nil, "")
	require.NoError(t, err)
	_, err = client.Config(t.Context(), "b")
	require.ErrorIs(t, err, connect.ErrNotFound)
	assert.Zero(t, waited.count())
}

func TestTheLastWriteCounts(t *testing.T) {
	t.Parallel()
	answers := []http.HandlerFunc{says(204, ""), says(201, `{}`), says(200, `{}`)}
	worker := startWorker(t, answers...)
	client, waited := clientOf(t, worker.URL)
	require.NoError(t, client.Delete(t.Context(), "a"))
	_, err := client.Create(t.Context(), "a", nil, "")
	require.NoError(t, err)
	_, err = client.Status(t.Context(), "a")
	require.NoError(t, err)
	assert.Zero(t, waited.count())
}

// soon is a context that is to end in a moment: before any wait for what was written, and after any request.
type soon struct{ context.Context }

func (soon) Deadline() (time.Time, bool) { return time.Now().Add(200 * time.Millisecond), true }

// No wait outlasts the context: what the worker said last is the answer then.
func TestTheContextEndsTheWaitForWhatWasWritten(t *testing.T) {
	t.Parallel()
	worker := startWorker(t, slices.Concat([]http.HandlerFunc{says(201, `{}`)}, slices.Repeat([]http.HandlerFunc{notFound}, 3))...)
	client, waited := newClient(t, connect.Config{Endpoints: []string{worker.URL}, Backoff: tooLong})
	_, err := client.Create(t.Context(), "a", nil, "")
	require.NoError(t, err)
	_, err = client.Config(soon{t.Context()}, "a")
	require.ErrorIs(t, err, connect.ErrNotFound)
	assert.Zero(t, waited.count())
}
