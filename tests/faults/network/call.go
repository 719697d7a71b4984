package network

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// call is one connection that a wire carries.
type call struct {
	wire           *Wire
	client, server *net.TCPConn
	halfClosed     atomic.Bool // to the client, by harm

	mu     sync.Mutex
	left   int  // bytes of answers until it is reset
	ending bool // there is such an end
}

// meet has harm that begins do to a connection what it does at once.
func (c *call) meet(harm Harm) {
	c.mu.Lock()
	c.left, c.ending = harm.ResetAfter, harm.ResetAfter > 0
	c.mu.Unlock()
	if harm.Refuse || harm.Reset {
		c.reset()
	}
	if harm.HalfClose {
		c.halfClosed.Store(true)
		_ = c.client.CloseWrite()
	}
}

// carry carries both directions to their ends. Unless both ended in order, both sides are told by a reset.
func (c *call) carry() {
	var both sync.WaitGroup
	both.Go(func() {
		if !c.pump(c.server, c.client, func(said int) int { return said }) {
			c.reset()
		}
	})
	both.Go(func() {
		if !c.pump(c.client, c.server, c.spend) {
			c.reset()
		}
	})
	both.Wait()
	_ = c.client.Close()
	_ = c.server.Close()
}

// spend says how much of an answer may be carried.
func (c *call) spend(said int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ending {
		return said
	}
	may := min(said, c.left)
	c.left -= may
	return may
}

// pump carries one direction, and says whether it ended in order. May says how much of some bytes gets through.
func (c *call) pump(to, from *net.TCPConn, may func(int) int) bool {
	buffer := make([]byte, 32<<10)
	for {
		harm, _ := c.wire.now()
		said, err := from.Read(buffer[:harm.portion(len(buffer))])
		if !c.wire.transit(said) { // an end, too, is not told before the wire carries again
			return false
		}
		through := may(said)
		if through < said || !c.tell(to, buffer[:through]) {
			return false
		}
		if err != nil {
			return err == io.EOF && to.CloseWrite() == nil
		}
	}
}

// tell says whether the other side hears, or would if harm had not ended its stream.
func (c *call) tell(to *net.TCPConn, said []byte) bool {
	if len(said) == 0 {
		return true
	}
	_, err := to.Write(said)
	return err == nil || (to == c.client && c.halfClosed.Load() && !errors.Is(err, net.ErrClosed))
}

// reset ends a connection as one whose other side has gone: with RST, to both.
func (c *call) reset() {
	_, _ = c.client.SetLinger(0), c.server.SetLinger(0) // both, before whoever carries it closes either
	_, _ = c.client.Close(), c.server.Close()
}
