package probe_test

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connection"
	"connectcharms/requirer-lib/probe"
)

func TestWhyThereIsNoConnection(t *testing.T) {
	t.Parallel()
	inDial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	for _, is := range []struct {
		err       error
		phase     connection.Phase
		text      string
		transient bool
	}{
		{inDial(&net.DNSError{Err: "no such host", Name: "a", IsNotFound: true}), connection.PhaseResolve, "the name does not resolve", false},
		{inDial(&net.DNSError{Err: "server misbehaving", Name: "a", IsTemporary: true}), connection.PhaseResolve, "the name could not be looked up", true},
		{inDial(&net.DNSError{Err: "timeout", Name: "a", IsTimeout: true}), connection.PhaseResolve, "the name could not be looked up", true},
		{inDial(os.NewSyscallError("connect", syscall.ECONNREFUSED)), connection.PhaseConnect, "nothing listens there: the connection was refused", true},
		{inDial(os.NewSyscallError("connect", syscall.EHOSTUNREACH)), connection.PhaseConnect, "no route to host", true},
		{inDial(context.DeadlineExceeded), connection.PhaseConnect, "no connection came about in time", true},
		{inDial(os.ErrDeadlineExceeded), connection.PhaseConnect, "no connection came about in time", true},
		{errors.New("another"), connection.PhaseConnect, "another", true},
	} {
		phase, text, transient := probe.Judged(is.err)
		assert.Equal(t, is.phase, phase, is.err)
		assert.Equal(t, is.text, text, is.err)
		assert.Equal(t, is.transient, transient, is.err)
	}
}

// What a server says unasked is not heard: package net/http would write it to the log.
func TestNothingIsHeardBeforeSomethingWasSaid(t *testing.T) {
	t.Parallel()
	for _, begin := range []func(net.Conn) error{
		func(ours net.Conn) error { _, err := ours.Write([]byte("ask")); return err },
		net.Conn.Close,
	} {
		synctest.Test(t, func(t *testing.T) {
			near, far := net.Pipe()
			ours, isRead := probe.AskingFirst(near), false
			go func() {
				_, _ = ours.Read(make([]byte, 7))
				isRead = true
			}()
			go func() { _, _ = far.Write([]byte("unasked")) }()
			go func() { _, _ = far.Read(make([]byte, 3)) }()
			synctest.Wait()
			require.False(t, isRead)
			require.NoError(t, begin(ours))
			synctest.Wait()
			assert.True(t, isRead)
			require.NoError(t, far.Close())
		})
	}
}
