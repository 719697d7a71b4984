package gateway

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// openTestDoor opens a door without TLS on loopback and counts whom it refuses.
func openTestDoor(t *testing.T, patience time.Duration) (*door, *atomic.Int32) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var refused atomic.Int32
	d := newDoor(listener, &tls.Config{}, slog.New(slog.DiscardHandler), func() { refused.Add(1) })
	d.patience = patience
	d.open()
	t.Cleanup(func() { _ = d.Close() })
	return d, &refused
}

func knock(t *testing.T, d *door) net.Conn {
	t.Helper()
	connection, err := new(net.Dialer).DialContext(t.Context(), "tcp", d.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = connection.Close() })
	return connection
}

// ended says whether the other side closes the connection.
func ended(connection net.Conn) bool {
	_ = connection.SetReadDeadline(time.Now().Add(time.Minute))
	_, err := connection.Read(make([]byte, 1))
	return err == io.EOF || err != nil && !isTimeout(err)
}

func isTimeout(err error) bool {
	timeout, ok := err.(net.Error)
	return ok && timeout.Timeout()
}

func TestOneAddressHasOnlySoManyConnectionsThatSayNothing(t *testing.T) {
	t.Parallel()
	d, refused := openTestDoor(t, time.Hour)
	var silent []net.Conn
	for range maxWaitingPerAddress {
		silent = append(silent, knock(t, d))
	}
	one := knock(t, d)
	assert.True(t, ended(one))
	assert.Equal(t, int32(1), refused.Load())

	_, err := silent[0].Write([]byte("G"))
	require.NoError(t, err)
	arrived, err := d.Accept()
	require.NoError(t, err)
	first := make([]byte, 1)
	_, err = io.ReadFull(arrived, first)
	require.NoError(t, err)
	assert.Equal(t, "G", string(first), "what was looked at is not lost")
	last := knock(t, d)
	_, err = last.Write([]byte("H"))
	require.NoError(t, err)
	_, err = d.Accept()
	require.NoError(t, err, "there is room again")
}

func TestWhoSaysNothingIsSentAwayAfterAWhile(t *testing.T) {
	t.Parallel()
	d, _ := openTestDoor(t, 10*time.Millisecond)
	assert.True(t, ended(knock(t, d)))
	require.Eventually(t, func() bool {
		d.mutex.Lock()
		defer d.mutex.Unlock()
		return len(d.perPeer) == 0 && d.waiting.Len() == 0
	}, time.Minute, time.Millisecond, "and is forgotten")
}

func TestTheOldestWhoSaysNothingGivesWay(t *testing.T) {
	t.Parallel()
	d, refused := openTestDoor(t, time.Hour)
	oldest := knock(t, d)
	waiting := func() int {
		d.mutex.Lock()
		defer d.mutex.Unlock()
		return d.waiting.Len()
	}
	require.Eventually(t, func() bool { return waiting() == 1 }, time.Minute, time.Millisecond)
	d.mutex.Lock()
	for range maxWaiting - 1 { // of other addresses
		here, there := net.Pipe()
		t.Cleanup(func() { _, _ = here.Close(), there.Close() })
		d.waiting.PushBack(&guest{Conn: here, leave: func() {}})
	}
	d.mutex.Unlock()
	knock(t, d)
	assert.True(t, ended(oldest))
	assert.Equal(t, int32(1), refused.Load())
	assert.Equal(t, maxWaiting, waiting())
}

func TestClosingTheDoorEndsWhatWaits(t *testing.T) {
	t.Parallel()
	d, _ := openTestDoor(t, time.Hour)
	silent, arrived := knock(t, d), knock(t, d)
	_, err := arrived.Write([]byte("G")) // and nobody accepts it
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	closed := make(chan struct{})
	go func() { defer close(closed); _ = d.Close() }()
	select {
	case <-closed:
	case <-ctx.Done():
		assert.Fail(t, "it does not end")
	}
	assert.True(t, ended(silent))
	assert.True(t, ended(arrived))
	_, err = d.Accept()
	require.ErrorIs(t, err, net.ErrClosed)
}
