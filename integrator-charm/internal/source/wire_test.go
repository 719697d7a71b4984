package source

import (
	"errors"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// wire is the network between a source and its server, and fails as networks do.
type wire struct {
	listener net.Listener
	server   string
	running  sync.WaitGroup
	held     chan struct{} // gets a value when an answer is held back

	mu    sync.Mutex
	state condition
	sent  int // bytes of answers that came through in this state
	open  map[net.Conn]bool
}

// condition is how a wire is.
type condition struct {
	down  bool  // whoever calls is cut off
	limit int   // bytes of answers that come through; none: all
	after error // what happens at the limit
}

var (
	errBreak = errors.New("the connection breaks")
	errHold  = errors.New("nothing comes any more")
)

// newWire puts a wire before a server, and gives the address at which that is reached through it.
func newWire(t *testing.T, server string) (*wire, string) {
	t.Helper()
	address, err := url.Parse(server)
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w := &wire{listener: listener, server: address.Host, held: make(chan struct{}, 100), open: map[net.Conn]bool{}}
	w.running.Go(w.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		w.become(condition{down: true})
		w.running.Wait()
	})
	address.Host = listener.Addr().String()
	return w, address.String()
}

// become changes the wire, and ends what goes over it.
func (w *wire) become(next condition) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state, w.sent = next, 0
	for connection := range w.open {
		_ = connection.Close()
	}
	clear(w.open)
}

func (w *wire) accept() {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return
		}
		w.running.Go(func() { w.carry(client) })
	}
}

func (w *wire) carry(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", w.server)
	if err != nil {
		return
	}
	defer server.Close()
	if !w.take(client, server) {
		return
	}
	gone := make(chan struct{})
	w.running.Go(func() {
		defer close(gone)
		_, _ = io.Copy(server, client)
		_ = server.(*net.TCPConn).CloseWrite()
	})
	if _, err := io.Copy(meter{w, client}, server); errors.Is(err, errHold) {
		w.held <- struct{}{}
		<-gone
	}
	_ = client.Close()
	<-gone
}

func (w *wire) take(connections ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, connection := range connections {
		w.open[connection] = true
	}
	return !w.state.down
}

// meter lets bytes of answers through, up to the limit.
type meter struct {
	wire   *wire
	client net.Conn
}

func (m meter) Write(data []byte) (int, error) {
	allowed, after := m.wire.allow(len(data))
	n, err := m.client.Write(data[:allowed])
	if err == nil && n < len(data) {
		err = after
	}
	return n, err
}

func (w *wire) allow(wanted int) (allowed int, after error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	allowed = wanted
	if w.state.limit > 0 {
		allowed = min(wanted, w.state.limit-w.sent)
	}
	w.sent += allowed
	return allowed, w.state.after
}

func (w *wire) bytes() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sent
}
