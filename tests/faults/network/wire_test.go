package network

import (
	"bytes"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ends are the two ends of a connection over a wire.
type ends struct{ client, server *net.TCPConn }

// lay lays a wire, over which dial makes connections.
func lay(t *testing.T) (wire *Wire, dial func() ends) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	wire, err = Lay(listener.Addr().String())
	require.NoError(t, err)
	t.Cleanup(wire.Close)
	return wire, func() ends {
		t.Helper()
		client, err := net.Dial("tcp", wire.Address())
		require.NoError(t, err)
		t.Cleanup(func() { _ = client.Close() })
		server, err := listener.Accept()
		require.NoError(t, err)
		t.Cleanup(func() { _ = server.Close() })
		for _, end := range []net.Conn{client, server} {
			require.NoError(t, end.SetDeadline(time.Now().Add(time.Minute)))
		}
		return ends{client: client.(*net.TCPConn), server: server.(*net.TCPConn)}
	}
}

// say says a text on one end; it has to arrive at the other.
func say(t *testing.T, from, to net.Conn, text string) {
	t.Helper()
	_, err := io.WriteString(from, text)
	require.NoError(t, err)
	hear(t, to, text)
}

func hear(t *testing.T, at net.Conn, text string) {
	t.Helper()
	heard := make([]byte, len(text))
	_, err := io.ReadFull(at, heard)
	require.NoError(t, err)
	require.Equal(t, text, string(heard))
}

// heardNothing says that for some moments nothing was heard.
func heardNothing(t *testing.T, at net.Conn) {
	t.Helper()
	require.NoError(t, at.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
	_, err := at.Read(make([]byte, 1))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	require.NoError(t, at.SetReadDeadline(time.Now().Add(time.Minute)))
}

func isReset(t *testing.T, at net.Conn) {
	t.Helper()
	_, err := io.Copy(io.Discard, at)
	require.ErrorIs(t, err, syscall.ECONNRESET)
}

func TestAWireCarriesBothWaysAndTheEndOfEach(t *testing.T) {
	t.Parallel()
	wire, dial := lay(t)
	c := dial()
	say(t, c.client, c.server, "what?")
	require.NoError(t, c.client.CloseWrite())
	_, err := c.server.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
	say(t, c.server, c.client, "that")
	require.NoError(t, c.server.Close())
	_, err = c.client.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
	require.Eventually(t, func() bool { return wire.Connections() == 0 }, time.Minute, time.Millisecond)
}

func TestWhatGoesIsToldToTheOtherSide(t *testing.T) {
	t.Parallel()
	_, dial := lay(t)
	c := dial()
	require.NoError(t, c.server.SetLinger(0))
	require.NoError(t, c.server.Close())
	isReset(t, c.client)
}

func TestAWireThatRefusesHasItsAddressAgain(t *testing.T) {
	t.Parallel()
	wire, dial := lay(t)
	c := dial()
	say(t, c.client, c.server, "there")
	require.NoError(t, wire.Suffer(Harm{Refuse: true}))
	isReset(t, c.client)
	isReset(t, c.server)
	_, err := net.Dial("tcp", wire.Address())
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	require.NoError(t, wire.Heal())
	again := dial()
	say(t, again.client, again.server, "there again")
}

func TestAWireThatResetsTakesConnectionsFirst(t *testing.T) {
	t.Parallel()
	wire, dial := lay(t)
	c := dial()
	require.NoError(t, wire.Suffer(Harm{Reset: true}))
	isReset(t, c.client)
	client, err := net.Dial("tcp", wire.Address())
	if err == nil { // else it was reset before it could be told that it was taken
		defer client.Close()
		_, err = io.Copy(io.Discard, client)
	}
	require.ErrorIs(t, err, syscall.ECONNRESET)
}

func TestASilentWireTellsNobodyAndLosesNothing(t *testing.T) {
	t.Parallel()
	wire, dial := lay(t)
	c := dial()
	require.NoError(t, wire.Suffer(Harm{Silent: true}))
	_, err := io.WriteString(c.client, "what?")
	require.NoError(t, err)
	require.NoError(t, c.client.CloseWrite())
	heardNothing(t, c.server)
	heardNothing(t, c.client)
	require.NoError(t, wire.Heal())
	hear(t, c.server, "what?")
	_, err = c.server.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
}

func TestAHalfClosedClientIsStillHeard(t *testing.T) {
	t.Parallel()
	wire, dial := lay(t)
	c := dial()
	say(t, c.server, c.client, "first")
	require.NoError(t, wire.Suffer(Harm{HalfClose: true}))
	_, err := c.client.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
	_, err = io.WriteString(c.server, "unheard")
	require.NoError(t, err)
	say(t, c.client, c.server, "heard")
	say(t, c.client, c.server, "and heard")
}

func TestAnAnswerIsResetInItsMiddle(t *testing.T) {
	t.Parallel()
	wire, dial := lay(t)
	c := dial()
	require.NoError(t, wire.Suffer(Harm{ResetAfter: 1000}))
	say(t, c.client, c.server, "a question may be as long as it likes")
	go func() { _, _ = c.server.Write(bytes.Repeat([]byte("x"), 5000)) }()
	heard, err := io.ReadAll(c.client)
	require.ErrorIs(t, err, syscall.ECONNRESET)
	assert.LessOrEqual(t, len(heard), 1000)
}

func TestWhatIsSlowArrivesLateAndWhole(t *testing.T) {
	t.Parallel()
	wire, dial := lay(t)
	c := dial()
	require.NoError(t, wire.Suffer(Harm{Latency: 30 * time.Millisecond}))
	began := time.Now()
	say(t, c.client, c.server, "what?")
	say(t, c.server, c.client, "that")
	assert.GreaterOrEqual(t, time.Since(began), 60*time.Millisecond)
	require.NoError(t, wire.Suffer(Harm{Rate: 100_000}))
	slow := dial()
	began = time.Now()
	say(t, slow.server, slow.client, string(bytes.Repeat([]byte("x"), 10_000)))
	assert.GreaterOrEqual(t, time.Since(began), 90*time.Millisecond)
}

func TestNothingIsLeftOfAWire(t *testing.T) {
	t.Parallel()
	for _, harm := range []Harm{{}, {Silent: true}, {Latency: time.Hour}, {HalfClose: true}} {
		wire, dial := lay(t)
		c := dial()
		say(t, c.client, c.server, "there")
		require.NoError(t, wire.Suffer(harm))
		_, err := io.WriteString(c.client, "what?")
		require.NoError(t, err)
		wire.Close()
		assert.Zero(t, wire.Connections())
		isReset(t, c.server)
		require.ErrorIs(t, wire.Heal(), net.ErrClosed)
	}
}
