package gateway

import (
	"container/list"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Bounds on connections of clients. A connection waits until its first byte is there, which takes one way through the
// network unless its sender is up to something.
const (
	firstBytePatience        = 10 * time.Second
	maxWaiting               = 1024 // of all addresses; the one that has waited longest gives way to a new one
	maxWaitingPerAddress     = 128
	maxConnectionsPerAddress = 1024 // waiting or not: no address takes all of the process's file descriptors
	acceptPause              = 50 * time.Millisecond
)

// tlsHandshake is the first byte of a connection with TLS (RFC 8446, 5.1). No request of HTTP/1 begins with it.
const tlsHandshake = 0x16

// door is the one port for clients with TLS and without: a net.Listener that gives a *tls.Conn where the first byte of
// a connection is that of TLS. Waiting for that byte holds up nobody else.
type door struct {
	net.Listener
	tls      *tls.Config
	tlsOnly  bool // a connection without TLS is closed
	log      *slog.Logger
	arrived  chan net.Conn
	closing  context.Context
	close    context.CancelFunc
	work     sync.WaitGroup
	limited  func() // is called for each connection that is refused for the bounds
	patience time.Duration

	mutex   sync.Mutex
	waiting *list.List // of *guest, the oldest first
	perPeer map[netip.Addr]presence
}

// presence counts the connections of one sender.
type presence struct{ open, waiting int }

// guest is one connection, which is counted until it is closed.
type guest struct {
	net.Conn
	first []byte // what was read to know what it is
	leave func()
}

func (c *guest) Read(to []byte) (int, error) {
	if len(c.first) > 0 {
		n := copy(to, c.first)
		c.first = c.first[n:]
		return n, nil
	}
	return c.Conn.Read(to)
}

func (c *guest) Close() error {
	c.leave()
	return c.Conn.Close()
}

func newDoor(listener net.Listener, config *tls.Config, log *slog.Logger, limited func()) *door {
	closing, stop := context.WithCancel(context.Background())
	return &door{
		Listener: listener, tls: config, log: log, limited: limited, patience: firstBytePatience,
		arrived: make(chan net.Conn), closing: closing, close: stop,
		waiting: list.New(), perPeer: map[netip.Addr]presence{},
	}
}

// open begins to take connections, until Close.
func (d *door) open() *door {
	d.work.Go(d.run)
	return d
}

// Accept waits for the next connection whose first byte is there.
func (d *door) Accept() (net.Conn, error) {
	select {
	case connection := <-d.arrived:
		return connection, nil
	case <-d.closing.Done():
		return nil, net.ErrClosed
	}
}

// Close also ends the connections that still wait, and returns when all that is done.
func (d *door) Close() error {
	d.close()
	err := d.Listener.Close()
	d.mutex.Lock()
	for one := d.waiting.Front(); one != nil; one = one.Next() {
		_ = one.Value.(*guest).Conn.Close()
	}
	d.mutex.Unlock()
	d.work.Wait()
	return err
}

func (d *door) run() {
	for {
		connection, err := d.Listener.Accept()
		switch {
		case err == nil:
			d.admit(connection)
		case errors.Is(err, net.ErrClosed):
			return
		default: // no file descriptors, above all: connections that end make room
			d.log.Warn("cannot take a connection", "error", err)
			select {
			case <-time.After(acceptPause):
			case <-d.closing.Done():
			}
		}
	}
}

// admit lets a connection wait, unless its sender has too many.
func (d *door) admit(connection net.Conn) {
	peer := network(addressOf(connection.RemoteAddr()))
	d.mutex.Lock()
	defer d.mutex.Unlock()
	here := d.perPeer[peer]
	if here.open >= maxConnectionsPerAddress || here.waiting >= maxWaitingPerAddress || d.closing.Err() != nil {
		d.limited()
		_ = connection.Close()
		return
	}
	if d.waiting.Len() >= maxWaiting {
		d.limited()
		_ = d.waiting.Remove(d.waiting.Front()).(*guest).Conn.Close() // its goroutine sees that
	}
	d.perPeer[peer] = presence{here.open + 1, here.waiting + 1}
	arriving := &guest{Conn: connection, leave: sync.OnceFunc(func() { d.count(peer, presence{open: -1}) })}
	place := d.waiting.PushBack(arriving)
	d.work.Go(func() {
		first, err := d.firstByte(connection)
		d.mutex.Lock()
		d.waiting.Remove(place)
		d.mutex.Unlock()
		d.count(peer, presence{waiting: -1})
		if err != nil {
			_ = arriving.Close()
			return
		}
		arriving.first = first
		d.pass(arriving)
	})
}

func (d *door) count(peer netip.Addr, change presence) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	now := d.perPeer[peer]
	now.open += change.open
	now.waiting += change.waiting
	if now == (presence{}) {
		delete(d.perPeer, peer)
		return
	}
	d.perPeer[peer] = now
}

func (d *door) firstByte(connection net.Conn) ([]byte, error) {
	if err := connection.SetReadDeadline(time.Now().Add(d.patience)); err != nil {
		return nil, err
	}
	first := make([]byte, 1)
	if _, err := connection.Read(first); err != nil {
		return nil, err
	}
	return first, connection.SetReadDeadline(time.Time{})
}

// pass gives a connection to whoever calls Accept.
func (d *door) pass(arrived *guest) {
	var connection net.Conn = arrived
	switch {
	case arrived.first[0] == tlsHandshake:
		connection = tls.Server(arrived, d.tls)
	case d.tlsOnly:
		_ = arrived.Close()
		return
	}
	select {
	case d.arrived <- connection:
	case <-d.closing.Done():
		_ = arrived.Close()
	}
}

func addressOf(remote net.Addr) netip.Addr {
	if tcp, ok := remote.(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr()
	}
	return netip.Addr{}
}
