// Package network has wires that a test may harm: a wire takes connections at an address of its own, carries them to another, and is
// cut, slowed, silenced or healed while it does. It carries bytes and knows nothing of what they say: what refuses and answers wrongly
// in HTTP is package proxy. It needs no root: what a wire cannot do is to lose the packets by which a connection is begun.
package network

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// Wire carries connections. Close it after use.
type Wire struct {
	address, target string

	ctx  context.Context // ends with the wire
	end  context.CancelFunc
	work sync.WaitGroup

	mu       sync.Mutex
	harm     Harm
	changed  chan struct{} // closed when the harm becomes another
	listener net.Listener  // nil while connections are refused
	calls    map[*call]bool
}

// Own is an address of this machine from which nobody connects. A port that is free there stays free while nobody listens; of
// 127.0.0.1, the kernel may take it for a connection.
const Own = "127.0.3.1"

// Lay lays a wire to a target, as host:port, at a port of Own that is free.
func Lay(target string) (*Wire, error) { return LayAt(net.JoinHostPort(Own, "0"), target) }

// LayAt lays a wire to a target at an address.
func LayAt(address, target string) (*Wire, error) {
	w := &Wire{target: target, changed: make(chan struct{}), calls: map[*call]bool{}}
	w.ctx, w.end = context.WithCancel(context.Background())
	w.address = address
	if err := w.listen(); err != nil {
		w.end()
		return nil, err
	}
	w.address = w.listener.Addr().String()
	return w, nil
}

// Address is where it takes connections, as host:port. It stays the same whatever harm is done.
func (w *Wire) Address() string { return w.address }

// Suffer does harm to connections, those that are there and those to come, until there is another. An error says that the wire,
// healed, does not get its address back.
func (w *Wire) Suffer(harm Harm) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ctx.Err() != nil {
		return net.ErrClosed
	}
	w.harm = harm
	close(w.changed)
	w.changed = make(chan struct{})
	switch {
	case harm.Refuse && w.listener != nil:
		_ = w.listener.Close()
		w.listener = nil
	case !harm.Refuse && w.listener == nil:
		if err := w.listen(); err != nil {
			return err
		}
	}
	for c := range w.calls {
		c.meet(harm)
	}
	return nil
}

// Heal ends all harm. Connections that it broke stay broken.
func (w *Wire) Heal() error { return w.Suffer(Harm{}) }

// Connections is how many there are.
func (w *Wire) Connections() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.calls)
}

// Close takes the wire away: its connections end, and nothing of it is left when it returns.
func (w *Wire) Close() {
	w.mu.Lock()
	w.end()
	if w.listener != nil {
		_ = w.listener.Close()
		w.listener = nil
	}
	for c := range w.calls {
		c.reset()
	}
	w.mu.Unlock()
	w.work.Wait()
}

// listen is called with the lock, or before there is anybody else.
func (w *Wire) listen() error {
	listener, err := net.Listen("tcp", w.address)
	if err != nil {
		return fmt.Errorf("lay a wire at %s to %s: %w", w.address, w.target, err)
	}
	w.listener = listener
	w.work.Go(func() { w.accept(listener) })
	return nil
}

func (w *Wire) accept(listener net.Listener) {
	for {
		client, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // such as too many files: those who wait are taken when there is room
			time.Sleep(10 * time.Millisecond)
			continue
		}
		w.work.Go(func() { w.carry(client.(*net.TCPConn)) })
	}
}

// carry carries one connection to its end.
func (w *Wire) carry(client *net.TCPConn) {
	defer client.Close()
	if !w.transit(0) {
		return
	}
	var dialer net.Dialer
	server, err := dialer.DialContext(w.ctx, "tcp", w.target)
	if err != nil { // as far as the client can tell, it was taken and dropped
		_ = client.SetLinger(0)
		return
	}
	c := &call{wire: w, client: client, server: server.(*net.TCPConn)}
	harm := w.begin(c)
	c.meet(harm)
	c.carry()
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.calls, c)
}

func (w *Wire) begin(c *call) Harm {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls[c] = true
	if w.ctx.Err() != nil {
		c.reset()
	}
	return w.harm
}

// now is the harm that is done, and what is closed when that is no longer so.
func (w *Wire) now() (Harm, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.harm, w.changed
}

// transit waits as long as bytes are on their way, and says whether they arrive.
func (w *Wire) transit(bytes int) bool {
	for {
		harm, changed := w.now()
		var due <-chan time.Time
		if !harm.Silent {
			due = time.After(harm.delay(bytes))
		}
		select {
		case <-due:
			return w.ctx.Err() == nil
		case <-changed:
		case <-w.ctx.Done():
			return false
		}
	}
}
