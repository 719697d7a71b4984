//go:build linux

// Package unixsocket opens and reaches sockets that are files, by which programs of one unit talk to each other: whoever
// may open the file is let in, so its mode is right from the first moment.
package unixsocket

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// Listen opens a socket with just this mode, in place of one that an earlier process left. What is no socket stays, and is
// an error. The file stays when the listener is closed: a successor may have put its own there.
func Listen(ctx context.Context, path string, mode fs.FileMode) (net.Listener, error) {
	listener, err := replace(ctx, path, mode)
	if err != nil {
		return nil, fmt.Errorf("open the socket %s: %w", path, err)
	}
	return listener, nil
}

// Dial connects to whoever listens.
func Dial(ctx context.Context, path string) (net.Conn, error) {
	var connection net.Conn
	err := at(path, func(short string) (err error) {
		connection, err = new(net.Dialer).DialContext(ctx, "unix", short)
		return err
	})
	return connection, err
}

func replace(ctx context.Context, path string, mode fs.FileMode) (net.Listener, error) {
	switch found, err := os.Lstat(path); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	case found.Mode().Type() != fs.ModeSocket:
		return nil, errors.New("there is something else in its place: remove it")
	default:
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	var listener net.Listener
	err := at(path, func(short string) (err error) {
		listener, err = listen(ctx, short, mode)
		return err
	})
	return listener, err
}

func listen(ctx context.Context, path string, mode fs.FileMode) (net.Listener, error) {
	private := net.ListenConfig{Control: withMode(mode)}
	listener, err := private.Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, mode); err != nil { // a umask may have taken a part
		return nil, errors.Join(err, listener.Close())
	}
	if unix, is := listener.(*net.UnixListener); is {
		unix.SetUnlinkOnClose(false)
	}
	return listener, nil
}

// withMode runs between socket and bind. On Linux the file gets the mode that the socket has then, so there is no moment
// in which others could connect.
func withMode(mode fs.FileMode) func(string, string, syscall.RawConn) error {
	return func(_, _ string, raw syscall.RawConn) error {
		var failed error
		err := raw.Control(func(descriptor uintptr) { failed = syscall.Fchmod(int(descriptor), uint32(mode.Perm())) })
		return errors.Join(err, failed)
	}
}

// longest is the most bytes of a path that Linux takes in a socket's address (sun_path, with its last zero).
const longest = 107

// at does something with the path of a socket. One that is too long for an address goes by way of the open directory.
func at(path string, do func(path string) error) error {
	if len(path) <= longest {
		return do(path)
	}
	directory, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer directory.Close()
	return do("/proc/self/fd/" + strconv.Itoa(int(directory.Fd())) + "/" + filepath.Base(path))
}
