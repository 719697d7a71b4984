package gateway_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/gateway"
)

// withWorker puts the gateway in front of a server of the test's own, which counts its connections.
func withWorker(t testing.TB, worker http.HandlerFunc) (change, *httptest.Server, *atomic.Int32) {
	t.Helper()
	var connections atomic.Int32
	server := httptest.NewUnstartedServer(worker)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	return withConfig(func(c *gateway.Config) { c.Upstream = server.URL }), server, &connections
}

func TestConnectionsToTheWorkerAreKept(t *testing.T) {
	t.Parallel()
	change, server, connections := withWorker(t, healthyAnd(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/connectors/empty":
			w.WriteHeader(http.StatusNoContent)
		case "/connectors/pieces":
			for range 3 {
				_, _ = io.WriteString(w, "piece")
				_ = http.NewResponseController(w).Flush()
			}
		default:
			says(200, `{}`)(w, r)
		}
	}))
	f := start(t, nil, change)
	for range 10 {
		assert.Equal(t, 204, f.do(t, f.one, "GET", "/connectors/empty", "").status)
		assert.Equal(t, "piecepiecepiece", f.do(t, f.one, "GET", "/connectors/pieces", "").body)
		assert.Equal(t, 200, f.do(t, f.one, "PUT", "/connectors/a/config", `{"a":"b"}`).status)
	}
	assert.LessOrEqual(t, connections.Load(), int32(5), "those of the questions for its health come on top")

	server.CloseClientConnections() // as Jetty does with idle ones, and as a worker that restarts
	assert.Equal(t, 200, f.do(t, f.one, "PUT", "/connectors/a/config", `{"a":"b"}`).status, "a write is not lost on a dead connection")
}

func TestOnlyReadsAreSentAgainWhenTheWorkerClosesTheConnection(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	var closing atomic.Bool
	change, _, _ := withWorker(t, healthyAnd(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1); closing.CompareAndSwap(true, false) {
			panic(http.ErrAbortHandler)
		}
		says(200, `{}`)(w, r)
	}))
	f := start(t, nil, change)
	for method, want := range map[string]int{"GET": 200, "PUT": 502} {
		require.Equal(t, 200, f.do(t, f.one, "GET", "/connectors/a/config", "").status, "there is a connection")
		before := asked.Load()
		closing.Store(true)
		body := map[string]string{"PUT": `{"a":"b"}`}[method]
		assert.Equal(t, want, f.do(t, f.one, method, "/connectors/a/config", body).status)
		assert.Equal(t, map[string]int32{"GET": 2, "PUT": 1}[method], asked.Load()-before, method)
	}
}

func TestAClientThatGoesAwayEndsItsRequestAtTheWorker(t *testing.T) {
	t.Parallel()
	for name, begun := range map[string]bool{"before the answer": false, "in the answer": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			arrived, ended := make(chan struct{}), make(chan struct{})
			change, _, _ := withWorker(t, healthyAnd(func(w http.ResponseWriter, r *http.Request) {
				if begun {
					_, _ = io.WriteString(w, "part")
					_ = http.NewResponseController(w).Flush()
				}
				close(arrived)
				<-r.Context().Done()
				close(ended)
			}))
			f := start(t, nil, change)
			ctx, cancel := context.WithCancel(t.Context())
			gone := make(chan struct{})
			go func() {
				defer close(gone)
				response, err := http.DefaultTransport.RoundTrip(f.request(t, f.one, "GET", "/connectors/a", "").WithContext(ctx))
				if err == nil {
					_, _ = io.Copy(io.Discard, response.Body)
					_ = response.Body.Close()
				}
			}()
			<-arrived
			cancel()
			<-gone
			select {
			case <-ended:
			case <-time.After(time.Minute):
				assert.Fail(t, "the worker goes on")
			}
		})
	}
}

func TestAnAnswerThatIsCutOffIsNotTakenForAWhole(t *testing.T) {
	t.Parallel()
	change, _, _ := withWorker(t, healthyAnd(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "part")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}))
	f := start(t, nil, change)
	response, err := http.DefaultTransport.RoundTrip(f.request(t, f.one, "GET", "/connectors/a", ""))
	if err == nil {
		_, err = io.ReadAll(response.Body)
		_ = response.Body.Close()
	}
	require.Error(t, err)
}
