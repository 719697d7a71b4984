package probe_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connection"
	"connectcharms/requirer-lib/probe"
)

// target is a server that does what a test says, on a port of its own, and knows which connections are open.
type target struct {
	address string
	open    atomic.Int64
	ending  atomic.Pointer[ending]
}

// listen serves each connection with serve, until the test ends. serve's context ends with the test.
func listen(t *testing.T, serve func(ctx context.Context, conn net.Conn)) *target {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	made := &target{address: listener.Addr().String()}
	ctx, cancel := context.WithCancel(context.Background())
	var accepting sync.WaitGroup
	accepting.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			made.open.Add(1)
			accepting.Go(func() {
				defer made.open.Add(-1)
				defer conn.Close()
				serve(ctx, hearing{conn, made})
			})
		}
	})
	t.Cleanup(func() {
		listener.Close()
		cancel()
		accepting.Wait()
	})
	return made
}

// isLeft waits until no connection is open.
func (a *target) isLeft(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool { return a.open.Load() == 0 }, time.Minute, 5*time.Millisecond, "connections are left open")
}

// silent reads what comes, and never says anything. It ends when the client does.
func silent(_ context.Context, conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

// closing ends each connection at once.
func closing(context.Context, net.Conn) {}

// saying sends a text, and then reads until the client ends.
func saying(text string) func(context.Context, net.Conn) {
	return func(_ context.Context, conn net.Conn) {
		_, _ = io.WriteString(conn, text)
		_, _ = io.Copy(io.Discard, conn)
	}
}

// dribbling sends an answer of so many bytes in single ones, of which each comes in time, and all never do.
func dribbling(answer string) func(context.Context, net.Conn) {
	return func(ctx context.Context, conn net.Conn) {
		_, _ = conn.Read(make([]byte, 1))
		next := time.NewTicker(10 * time.Millisecond)
		defer next.Stop()
		for i := 0; ; i++ {
			say := []byte{' '}
			if i < len(answer) {
				say[0] = answer[i]
			}
			if _, err := conn.Write(say); err != nil {
				return
			}
			select {
			case <-ctx.Done():
				return
			case <-next.C:
			}
		}
	}
}

// askedOf probes a system of each kind at one address, by TLS or in clear.
func askedOf(address string, verify *connection.TLS) map[connection.Part]connection.Spec {
	scheme := "http://"
	if verify != nil {
		scheme = "https://"
	}
	return map[connection.Part]connection.Spec{
		connection.PartKafkaCluster:   {KafkaCluster: &connection.KafkaClusterConfig{BootstrapServers: address, TLS: verify}},
		connection.PartSchemaRegistry: {SchemaRegistry: &connection.SchemaRegistryConfig{URI: scheme + address, TLS: verify}},
		connection.PartKafkaConnect:   {KafkaConnect: &connection.KafkaConnectConfig{Endpoints: []string{scheme + address}, TLS: verify}},
	}
}

// ask probes, and holds that no goroutine of the probe is left. It takes a minute for what does not end by itself.
func ask(t *testing.T, ctx context.Context, part connection.Part, spec connection.Spec, secrets probe.Secrets) (result connection.Result) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	label := fmt.Sprintf("%s of %s %p", part, t.Name(), &result)
	pprof.Do(ctx, pprof.Labels("probe", label), func(ctx context.Context) {
		result = probe.ForAsLongAs(ctx, part, spec, secrets)
	})
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		var running bytes.Buffer
		require.NoError(c, pprof.Lookup("goroutine").WriteTo(&running, 1))
		assert.NotContains(c, running.String(), label)
	}, time.Minute, 5*time.Millisecond, "goroutines of the probe are left")
	assert.Equal(t, part, result.Part)
	assert.Equal(t, result.OK, len(result.Errors) == 0, "%v", result.Errors)
	return result
}

// ending is a context whose deadline is over when a test says so.
type ending struct {
	context.Context
	over chan struct{}
	end  func()
}

func newEnding(ctx context.Context) *ending {
	over := make(chan struct{})
	return &ending{ctx, over, sync.OnceFunc(func() { close(over) })}
}

func (e *ending) Done() <-chan struct{} { return e.over }

func (e *ending) Err() error {
	select {
	case <-e.over:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// untilHeard is a context that is over as soon as the target has heard something: what it has not said then came too late.
// What earlier connections still have to say does not count: they are waited for.
func (a *target) untilHeard(t *testing.T) context.Context {
	t.Helper()
	a.isLeft(t)
	ctx := newEnding(t.Context())
	a.ending.Store(ctx)
	return ctx
}

// hearing is a connection of a target.
type hearing struct {
	net.Conn
	target *target
}

func (h hearing) Read(into []byte) (int, error) {
	n, err := h.Conn.Read(into)
	if until := h.target.ending.Load(); until != nil && n > 0 {
		until.end()
	}
	return n, err
}

// nobody is an address at which nobody listens, below those that systems give out: a port that was free once may be taken by now.
const nobody = "127.0.0.1:1"

// peeked is a connection of which something was read before.
type peeked struct {
	net.Conn
	rest io.Reader
}

func (p peeked) Read(into []byte) (int, error) { return p.rest.Read(into) }
