package probe

import (
	"net"
	"sync"
)

// askingFirst is a connection on which nothing is heard before something was said. Package net/http would write what a
// server says unasked to the log of this process, as much as that likes, and take it for a fault of its own.
type askingFirst struct {
	net.Conn
	begin func()
	begun chan struct{}
}

func newAskingFirst(conn net.Conn) net.Conn {
	begun := make(chan struct{})
	return &askingFirst{Conn: conn, begun: begun, begin: sync.OnceFunc(func() { close(begun) })}
}

func (c *askingFirst) Write(said []byte) (int, error) {
	defer c.begin()
	return c.Conn.Write(said)
}

func (c *askingFirst) Read(into []byte) (int, error) {
	<-c.begun
	return c.Conn.Read(into)
}

func (c *askingFirst) Close() error {
	defer c.begin()
	return c.Conn.Close()
}
