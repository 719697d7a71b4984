package connect_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
)

const (
	stale       = "Cannot complete request momentarily due to stale configuration (typically caused by a concurrent config change)"
	expected    = "Request cannot be completed because a rebalance is expected"
	noLeader    = "Cannot complete request because of a conflicting operation (e.g. worker rebalance)"
	forwardFail = "IO Error trying to forward REST request: java.net.ConnectException: Connection refused"
)

// What is passing is waited out; all else is told at once.
func TestRetryRules(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		answer   http.HandlerFunc
		requests int // until the result, the second answer being a good one
		waits    int
	}{
		{"good", says(200, `["a"]`), 1, 0},
		{"409 stale configuration", fails(409, stale), 2, 1},
		{"409 no leader", fails(409, noLeader), 2, 1},
		{"409 already exists", fails(409, "Connector a already exists"), 1, 0},
		{"500 rebalance expected", fails(500, expected), 2, 1},
		{"500 forwarding failed", fails(500, forwardFail), 2, 1},
		{"500 that can be retried", fails(500, "Failed to write to config topic; this may be due to a transient error and the request can be safely retried"), 2, 1},
		{"500 of another kind", fails(500, "Request timed out"), 1, 0},
		{"429", fails(429, ""), 2, 1},
		{"502", says(502, "bad gateway"), 2, 1},
		{"503", says(503, ""), 2, 1},
		{"504", says(504, ""), 2, 1},
		{"connection broken", breaks, 2, 1},
		{"400", fails(400, "bad"), 1, 0},
		{"401", says(401, ""), 1, 0},
		{"403", fails(403, "no"), 1, 0},
		{"404", fails(404, "Connector a not found"), 1, 0},
		{"redirect", says(307, ""), 1, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			worker := startWorker(t, c.answer, says(200, `["a"]`))
			client, waited := clientOf(t, worker.URL)
			names, err := client.Connectors(t.Context())
			assert.Len(t, worker.asked(), c.requests)
			assert.Equal(t, c.waits, waited.count())
			if c.requests == 2 {
				require.NoError(t, err)
				assert.Equal(t, []string{"a"}, names)
			}
		})
	}
}

func TestRefusedConnectionIsRetried(t *testing.T) {
	t.Parallel()
	client, waited := newClient(t, connect.Config{
		Endpoints: []string{dead},
		Backoff:   func(retry int) time.Duration { return time.Duration(retry/4) * time.Hour }, // the fourth outlasts the deadline
	})
	_, err := client.Connectors(t.Context())
	require.ErrorIs(t, err, connect.ErrUnavailable)
	assert.Equal(t, 3, waited.count())
	assert.Contains(t, err.Error(), "gave up after 4 attempts, no connection")
}

func TestNextEndpointIsAskedWithoutWaiting(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]http.HandlerFunc{"502": says(502, ""), "503": says(503, ""), "broken": breaks} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, second := startWorker(t, bad), startWorker(t, says(200, `[]`))
			client, waited := clientOf(t, dead, first.URL, second.URL)
			_, err := client.Connectors(t.Context())
			require.NoError(t, err)
			assert.Zero(t, waited.count())
			assert.Len(t, first.asked(), 1)
		})
	}
}

func TestEndpointThatAnsweredIsRemembered(t *testing.T) {
	t.Parallel()
	first, second := startWorker(t, says(503, ""), says(200, `[]`)), startWorker(t, fails(404, "not found"), says(200, `[]`))
	client, _ := clientOf(t, first.URL, second.URL)
	_, err := client.Status(t.Context(), "a")
	require.ErrorIs(t, err, connect.ErrNotFound)
	for range 3 {
		_, err := client.Connectors(t.Context())
		require.NoError(t, err)
	}
	assert.Len(t, first.asked(), 1)
	assert.Len(t, second.asked(), 4)
}

func TestRebalancingWorkerIsNotAskedTwiceInARow(t *testing.T) {
	t.Parallel()
	first, second := startWorker(t, fails(409, stale)), startWorker(t, says(200, `[]`))
	client, waited := clientOf(t, first.URL, second.URL)
	_, err := client.Connectors(t.Context())
	require.NoError(t, err)
	assert.Len(t, first.asked(), 1)
	assert.Equal(t, 1, waited.count())
}

func TestBackoffCountsTheWaits(t *testing.T) {
	t.Parallel()
	answers := slices.Repeat([]http.HandlerFunc{fails(409, stale)}, 5)
	worker := startWorker(t, append(answers, says(200, `[]`))...)
	client, waited := newClient(t, connect.Config{
		Endpoints: []string{worker.URL},
		Backoff:   func(retry int) time.Duration { return time.Duration(retry) * time.Second },
	})
	_, err := client.Connectors(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []time.Duration{1e9, 2e9, 3e9, 4e9, 5e9}, waited.delays)
}

func TestExponentialBackoffDoublesUpToFiveSeconds(t *testing.T) {
	t.Parallel()
	for retry, longest := range map[int]time.Duration{
		1: 100 * time.Millisecond, 2: 200 * time.Millisecond, 6: 3200 * time.Millisecond, 7: 5 * time.Second, 1000: 5 * time.Second,
	} {
		seen := map[time.Duration]bool{}
		for range 100 {
			delay := connect.Exponential(retry)
			assert.LessOrEqual(t, delay, longest)
			assert.Greater(t, delay, longest/2-1)
			seen[delay] = true
		}
		assert.Greater(t, len(seen), 1, "no jitter in retry %d", retry)
	}
}

func TestNoWaitOutlastsTheDeadline(t *testing.T) {
	t.Parallel()
	worker := startWorker(t, fails(409, stale))
	client, waited := newClient(t, connect.Config{
		Endpoints: []string{worker.URL},
		Backoff:   func(int) time.Duration { return time.Hour },
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Minute)
	defer cancel()
	_, err := client.Connectors(ctx)
	require.ErrorIs(t, err, connect.ErrRebalancing)
	assert.Contains(t, err.Error(), "no time left")
	assert.Zero(t, waited.count())
}

func TestPatienceEndsACallWithoutDeadline(t *testing.T) {
	t.Parallel()
	worker := startWorker(t, fails(409, stale))
	client, waited := newClient(t, connect.Config{
		Endpoints: []string{worker.URL},
		Patience:  time.Minute,
		Backoff:   func(retry int) time.Duration { return time.Duration(retry) * 25 * time.Second },
	})
	_, err := client.Connectors(t.Context())
	require.ErrorIs(t, err, connect.ErrRebalancing)
	assert.Equal(t, 2, waited.count())
}

func TestCancelledCallEnds(t *testing.T) {
	t.Parallel()
	worker := startWorker(t, fails(409, stale))
	ctx, cancel := context.WithCancel(t.Context())
	client, _ := newClient(t, connect.Config{
		Endpoints: []string{worker.URL},
		Wait: func(ctx context.Context, _ time.Duration) error {
			cancel()
			return ctx.Err()
		},
	})
	_, err := client.Connectors(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, connect.ErrRebalancing, "what it was waiting for is told as well")

	_, err = client.Connectors(ctx)
	require.ErrorIs(t, err, context.Canceled)
	assert.NotErrorIs(t, err, connect.ErrUnavailable, "a cancelled request says nothing about the cluster")
}

func TestHangingEndpointIsLeftForTheNext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, waited := newClient(t, connect.Config{
			Endpoints: []string{"http://127.0.0.1:1", "http://127.0.0.1:2"}, Timeout: time.Second, Dial: overPipes(map[string]http.Handler{
				"127.0.0.1:1": http.HandlerFunc(func(_ http.ResponseWriter, in *http.Request) { <-in.Context().Done() }),
				"127.0.0.1:2": says(200, `[]`),
			}),
		})
		began := time.Now()
		_, err := client.Connectors(t.Context())
		require.NoError(t, err)
		assert.Equal(t, time.Second, time.Since(began))
		assert.Zero(t, waited.count())
	})
}

func TestCreateAfterABrokenRequest(t *testing.T) {
	t.Parallel()
	const (
		ours    = `{"name":"a","type":"source","config":{"name":"a","x":"1"},"tasks":[]}`
		another = `{"name":"a","type":"source","config":{"name":"a","x":"2"},"tasks":[]}`
	)
	exists := fails(409, "Connector a already exists")
	cases := []struct {
		name    string
		answers []http.HandlerFunc
		want    error
		asked   []string
	}{
		{"was not carried out", []http.HandlerFunc{breaks, says(201, ours)}, nil, []string{"POST", "POST"}},
		{"was carried out", []http.HandlerFunc{breaks, exists, says(200, ours)}, nil, []string{"POST", "POST", "GET"}},
		{"was carried out behind a proxy", []http.HandlerFunc{says(502, ""), exists, says(200, ours)}, nil, []string{"POST", "POST", "GET"}},
		{"was carried out by the leader", []http.HandlerFunc{fails(500, forwardFail), exists, says(200, ours)}, nil, []string{"POST", "POST", "GET"}},
		{"shows late", []http.HandlerFunc{breaks, exists, fails(404, "not found"), exists, says(200, ours)}, nil, []string{"POST", "POST", "GET", "POST", "GET"}},
		{"somebody else's", []http.HandlerFunc{breaks, exists, says(200, another)}, connect.ErrAlreadyExists, []string{"POST", "POST", "GET"}},
		{"nothing broke", []http.HandlerFunc{exists}, connect.ErrAlreadyExists, []string{"POST"}},
		{"a rebalance leaves no doubt", []http.HandlerFunc{fails(409, stale), exists}, connect.ErrAlreadyExists, []string{"POST", "POST"}},
		{"refused after all", []http.HandlerFunc{breaks, fails(400, "bad")}, nil, []string{"POST", "POST"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			worker := startWorker(t, c.answers...)
			client, _ := clientOf(t, worker.URL)
			created, err := client.Create(t.Context(), "a", map[string]string{"x": "1"}, "")
			assert.Equal(t, c.asked, methodsOf(worker))
			switch {
			case c.name == "refused after all":
				_, ok := err.(*connect.APIError)
				assert.True(t, ok, "%v", err)
			case c.want != nil:
				require.ErrorIs(t, err, c.want)
			default:
				require.NoError(t, err)
				assert.Equal(t, "1", created.Config["x"])
			}
		})
	}
}

// A second request would restart the connector once more.
func TestAConfigurationIsNotPutTwice(t *testing.T) {
	t.Parallel()
	const (
		ours = `{"name":"a","type":"source","config":{"name":"a","x":"1"},"tasks":[]}`
		old  = `{"name":"a","type":"source","config":{"name":"a","x":"0"},"tasks":[]}`
	)
	for name, c := range map[string]struct {
		answers []http.HandlerFunc
		asked   []string
	}{
		"was carried out":                {[]http.HandlerFunc{breaks, says(200, ours)}, []string{"PUT", "GET"}},
		"was carried out behind a proxy": {[]http.HandlerFunc{says(502, ""), says(200, ours)}, []string{"PUT", "GET"}},
		"was not":                        {[]http.HandlerFunc{breaks, says(200, old), says(200, ours)}, []string{"PUT", "GET", "PUT"}},
		"is not there":                   {[]http.HandlerFunc{breaks, fails(404, "not found"), says(201, ours)}, []string{"PUT", "GET", "PUT"}},
		"a rebalance leaves no doubt":    {[]http.HandlerFunc{fails(409, stale), says(200, ours)}, []string{"PUT", "PUT"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			worker := startWorker(t, c.answers...)
			client, _ := clientOf(t, worker.URL)
			put, _, err := client.PutConfig(t.Context(), "a", map[string]string{"x": "1"})
			require.NoError(t, err)
			assert.Equal(t, "1", put.Config["x"])
			assert.Equal(t, c.asked, methodsOf(worker))
		})
	}
}

func methodsOf(worker *worker) (methods []string) {
	for _, request := range worker.asked() {
		method, _, _ := strings.Cut(request, " ")
		methods = append(methods, method)
	}
	return methods
}

func TestDeleteAfterABrokenRequestTakesGoneForDone(t *testing.T) {
	t.Parallel()
	gone := fails(404, "Connector a not found")
	worker := startWorker(t, breaks, gone)
	client, _ := clientOf(t, worker.URL)
	require.NoError(t, client.Delete(t.Context(), "a"))
	require.ErrorIs(t, client.Delete(t.Context(), "a"), connect.ErrNotFound, "nothing broke this time")
}

func TestOneClientServesManyGoroutines(t *testing.T) {
	t.Parallel()
	flaky := startWorker(t, says(503, ""), fails(409, stale), says(200, `[]`), breaks, says(200, `[]`))
	good := startWorker(t, says(200, `[]`))
	client, _ := clientOf(t, dead, flaky.URL, good.URL)
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			for range 10 {
				_, err := client.Connectors(t.Context())
				assert.NoError(t, err)
			}
		})
	}
	group.Wait()
}
