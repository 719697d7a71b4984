package gateway

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

// listenControl opens the socket, mode 0660 and never more, in place of one that an earlier process left.
func listenControl(ctx context.Context, path string) (net.Listener, error) {
	listener, err := replaceSocket(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("cannot open control socket %s: %w", path, err)
	}
	return listener, nil
}

func replaceSocket(ctx context.Context, path string) (net.Listener, error) {
	switch info, err := os.Lstat(path); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	case info.Mode().Type() != fs.ModeSocket:
		return nil, errors.New("there is something else in its place: remove it")
	default:
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	var listener net.Listener
	err := atSocket(path, func(short string) (err error) {
		private := net.ListenConfig{Control: makePrivate}
		if listener, err = private.Listen(ctx, "unix", short); err == nil {
			err = os.Chmod(short, 0o660) // a umask may have taken the group's part
		}
		return err
	})
	if err != nil {
		if listener != nil {
			_ = listener.Close()
		}
		return nil, err
	}
	if unix, ok := listener.(*net.UnixListener); ok {
		unix.SetUnlinkOnClose(false) // a successor may have put its own there
	}
	return listener, nil
}

// makePrivate runs between socket and bind. On Linux the file gets the mode that the socket has then, so there is no
// moment in which others could connect. Its directory's group may: the charm is in it, on Kubernetes without being root.
func makePrivate(_, _ string, raw syscall.RawConn) error {
	var failed error
	err := raw.Control(func(descriptor uintptr) { failed = syscall.Fchmod(int(descriptor), 0o660) })
	return errors.Join(err, failed)
}

// maxSocketPath is the most bytes of a path that Linux takes in a unix socket address (sun_path, with its last zero).
const maxSocketPath = 107

// atSocket does something with the path of a socket. A path that is too long for an address goes by way of the open
// directory.
func atSocket(path string, do func(path string) error) error {
	if len(path) <= maxSocketPath {
		return do(path)
	}
	directory, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer directory.Close()
	return do("/proc/self/fd/" + strconv.Itoa(int(directory.Fd())) + "/" + filepath.Base(path))
}
