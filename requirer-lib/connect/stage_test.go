package connect_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
)

// worker is a stand-in for a Connect worker: request n gets answer n, and the
// last answer is repeated. What it answers was seen from real workers, which the
// tests module runs the client against.
type worker struct {
	*httptest.Server
	mu       sync.Mutex
	answers  []http.HandlerFunc
	requests []string // "METHOD /path?query body"
}

func startWorker(t *testing.T, answers ...http.HandlerFunc) *worker {
	t.Helper()
	w := &worker{answers: answers}
	w.Server = httptest.NewServer(w)
	t.Cleanup(w.Close)
	return w
}

func (w *worker) ServeHTTP(out http.ResponseWriter, in *http.Request) {
	body, _ := io.ReadAll(in.Body)
	text := in.Method + " " + in.URL.RequestURI()
	if len(body) > 0 {
		text += " " + string(body)
	}
	w.mu.Lock()
	answer := w.answers[min(len(w.requests), len(w.answers)-1)]
	w.requests = append(w.requests, text)
	w.mu.Unlock()
	answer(out, in)
}

func (w *worker) asked() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.requests...)
}

func says(status int, body string) http.HandlerFunc {
	return func(out http.ResponseWriter, _ *http.Request) {
		out.Header().Set("Content-Type", "application/json")
		out.WriteHeader(status)
		_, _ = io.WriteString(out, body)
	}
}

func fails(status int, message string) http.HandlerFunc {
	return says(status, fmt.Sprintf(`{"error_code":%d,"message":%q}`, status, message))
}

// breaks closes the connection without an answer.
func breaks(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// dead is an endpoint nobody listens on. Its port is below those that systems give out: one that was free once may be taken by now.
const dead = "http://127.0.0.1:1"

// overPipes makes connections to servers by their addresses, in memory: so a test's time may be a bubble's.
func overPipes(servers map[string]http.Handler) func(context.Context, string, string) (net.Conn, error) {
	return func(_ context.Context, _, address string) (net.Conn, error) {
		near, far := net.Pipe()
		go func() { _ = http.Serve(&onePipe{Conn: far}, servers[address]) }() // which ends at once, and leaves the connection served
		return near, nil
	}
}

// onePipe is a listener to which one connection is made.
type onePipe struct {
	net.Conn
	accepted bool
}

func (p *onePipe) Accept() (net.Conn, error) {
	if p.accepted {
		return nil, net.ErrClosed
	}
	p.accepted = true
	return p.Conn, nil
}

func (p *onePipe) Close() error   { return nil }
func (p *onePipe) Addr() net.Addr { return p.LocalAddr() }

// waits is the client's clock: it notes how long the client would have waited, and goes on by that.
type waits struct {
	mu     sync.Mutex
	delays []time.Duration
	passed time.Duration
}

func (w *waits) wait(ctx context.Context, delay time.Duration) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.delays = append(w.delays, delay)
	w.passed += delay
	return ctx.Err()
}

func (w *waits) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Unix(0, 0).Add(w.passed)
}

func (w *waits) pass(time time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.passed += time
}

func (w *waits) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.delays)
}

func newClient(t *testing.T, config connect.Config) (*connect.Client, *waits) {
	t.Helper()
	waited := &waits{}
	if config.Wait == nil {
		config.Wait = waited.wait
	}
	client, err := connect.New(config)
	require.NoError(t, err)
	t.Cleanup(client.Close)
	client.SetNow(waited.now)
	return client, waited
}

// unhurriedOf is a client for an answer of many MiB, which a machine with much to do takes long to read.
func unhurriedOf(t *testing.T, endpoint string) (*connect.Client, *waits) {
	t.Helper()
	return newClient(t, connect.Config{Endpoints: []string{endpoint}, Timeout: time.Hour, Patience: time.Hour})
}

func clientOf(t *testing.T, endpoints ...string) (*connect.Client, *waits) {
	t.Helper()
	return newClient(t, connect.Config{Endpoints: endpoints})
}
