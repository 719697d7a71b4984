package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// Accepted says which accounts a gateway lets in from now on.
type Accepted struct {
	Revision string   `json:"revision"` // of accounts.Set
	Accounts []string `json:"accounts"` // user names, in order
	// Problem says why these are not the accounts of the accounts file; "" when they are.
	Problem string `json:"problem,omitempty"`
}

// Status is what a gateway says of itself.
type Status struct {
	Accepted
	Listen     string   `json:"listen"` // the address that is really listened on
	UpstreamUp bool     `json:"upstream_up"`
	Requests   Requests `json:"requests"`
}

// Requests counts the requests since the gateway began.
type Requests struct {
	Total        int64 `json:"total"`
	Unauthorized int64 `json:"unauthorized"` // answered 401
	Limited      int64 `json:"limited"`      // answered 429
	Refused      int64 `json:"refused"`      // other requests that never reached the worker
	Failed       int64 `json:"failed"`       // answered 502 or 504
}

// Control talks to a running gateway over its socket, which only the same user can open.
type Control struct {
	Socket string
}

// Reload makes the gateway read its accounts file and gives what it accepts from then on. When the file is there and
// cannot be understood, that is the error, and the gateway goes on with the accounts that it had.
func (c Control) Reload(ctx context.Context) (Accepted, error) {
	var accepted Accepted
	err := c.call(ctx, http.MethodPost, "/reload", &accepted)
	return accepted, err
}

// Status asks the gateway how it is.
func (c Control) Status(ctx context.Context) (Status, error) {
	var status Status
	err := c.call(ctx, http.MethodGet, "/status", &status)
	return status, err
}

const (
	controlPatience = 15 * time.Second
	maxControlReply = 4 << 20 // bytes
)

func (c Control) call(ctx context.Context, method, path string, reply any) error {
	ctx, cancel := context.WithTimeout(ctx, controlPatience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, "http://gateway"+path, nil)
	if err != nil {
		return err
	}
	transport := &http.Transport{DialContext: c.dial, DisableKeepAlives: true}
	answer, err := transport.RoundTrip(request)
	if err != nil {
		return fmt.Errorf("cannot reach the gateway at %s (is its service running?): %w", c.Socket, err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxControlReply))
	if err != nil {
		return fmt.Errorf("cannot read the answer of the gateway at %s: %w", c.Socket, err)
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("gateway at %s answered %s %s with %s: %s", c.Socket, method, path, answer.Status, bytes.TrimSpace(body))
	}
	return json.Unmarshal(body, reply)
}

func (c Control) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	var connection net.Conn
	err := atSocket(c.Socket, func(path string) (err error) {
		connection, err = new(net.Dialer).DialContext(ctx, "unix", path)
		return err
	})
	return connection, err
}

// control is the gateway's side of Control.
func (g *gateway) control(listen net.Addr) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /reload", func(w http.ResponseWriter, _ *http.Request) {
		if err := g.book.reload(); err != nil {
			g.log.Error("accounts file not taken, the accounts stay as they were", "error", err)
			refuse(http.StatusUnprocessableEntity, err.Error()).write(w)
			return
		}
		writeJSON(w, http.StatusOK, g.accepted())
	})
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, http.StatusOK, Status{
			Accepted:   g.accepted(),
			Listen:     listen.String(),
			UpstreamUp: g.health.good(r.Context()),
			Requests: Requests{
				Total:        g.counts.total.Load(),
				Unauthorized: g.counts.unauthorized.Load(),
				Limited:      g.counts.limited.Load(),
				Refused:      g.counts.refused.Load(),
				Failed:       g.counts.failed.Load(),
			},
		})
	})
	return mux
}

func (g *gateway) accepted() Accepted {
	now := g.book.current.Load()
	return Accepted{Revision: now.revision, Accounts: now.names, Problem: now.problem}
}

// listenControl opens the socket, mode 0600 from its first moment, in place of one that an earlier process left.
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
		listener, err = private.Listen(ctx, "unix", short)
		return err
	})
	if err != nil {
		return nil, err
	}
	if unix, ok := listener.(*net.UnixListener); ok {
		unix.SetUnlinkOnClose(false) // a successor may have put its own there
	}
	return listener, nil
}

// makePrivate runs between socket and bind. On Linux the file gets the mode that the socket has then, so there is no
// moment in which others could connect.
func makePrivate(_, _ string, raw syscall.RawConn) error {
	var failed error
	err := raw.Control(func(descriptor uintptr) { failed = syscall.Fchmod(int(descriptor), 0o600) })
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
