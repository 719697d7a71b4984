package api

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"
)

// listenSocket opens a socket that only its owner reaches, in place of one that an earlier process left.
func listenSocket(ctx context.Context, path string) (net.Listener, error) {
	listener, err := replaceSocket(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("open the socket %s: %w", path, err)
	}
	return listener, nil
}

func replaceSocket(ctx context.Context, path string) (net.Listener, error) {
	switch found, err := os.Lstat(path); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	case found.Mode().Type() != fs.ModeSocket:
		return nil, errors.New("there is something else in its place: remove it")
	case isAnswered(ctx, path):
		return nil, errors.New("another connect-manager answers there")
	default:
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	private := net.ListenConfig{Control: makePrivate}
	return private.Listen(ctx, "unix", path)
}

func isAnswered(ctx context.Context, path string) bool {
	connection, err := new(net.Dialer).DialContext(ctx, "unix", path)
	if err == nil {
		_ = connection.Close()
	}
	return err == nil
}

// makePrivate runs between socket and bind: the file gets the mode that the socket has then, so there is no moment in
// which others could connect.
func makePrivate(_, _ string, raw syscall.RawConn) error {
	var failed error
	err := raw.Control(func(descriptor uintptr) { failed = syscall.Fchmod(int(descriptor), 0o600) })
	return errors.Join(err, failed)
}
