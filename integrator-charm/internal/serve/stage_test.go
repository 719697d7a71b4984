package serve_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/serve"
	"connectcharms/integrator-charm/internal/settings"
	"connectcharms/requirer-lib/connecttest"
	"connectcharms/requirer-lib/said"
)

// stage is connect-manager serve in this process, with a Kafka Connect in memory.
type stage struct {
	t       *testing.T
	dir     string
	connect *connecttest.Server
	client  *http.Client // of the socket
	log     *said.Lines
	hangups chan os.Signal
	end     context.CancelFunc
	ended   chan error
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t, dir: t.TempDir(), connect: connecttest.NewServer()}
	t.Cleanup(s.connect.Close)
	s.client = &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", s.path("socket"))
	}, DisableKeepAlives: true}}
	return s
}

func (s *stage) path(name string) string { return filepath.Join(s.dir, name) }

func (s *stage) write(name, text string) {
	s.t.Helper()
	require.NoError(s.t, os.WriteFile(s.path(name)+".new", []byte(text), 0o600))
	require.NoError(s.t, os.Rename(s.path(name)+".new", s.path(name)))
}

// configure writes one context, with what is said of it, and how it is served.
func (s *stage) configure(context, serve string) {
	s.t.Helper()
	s.write("config.yaml", fmt.Sprintf("contexts: {main: {endpoints: [%q], %s}}\nserve: {listen: none, socket: socket, data: data, interval: 1h, %s}\n",
		s.connect.URL(), context, serve))
}

// start runs the daemon; its error is in ended.
func (s *stage) start() {
	ctx, end := context.WithCancel(s.t.Context())
	s.log, s.hangups, s.end, s.ended = &said.Lines{}, make(chan os.Signal, 1), end, make(chan error, 1)
	options := serve.Options{
		Load: func() (*settings.Settings, error) {
			return settings.Load(s.path("config.yaml"), func(string) (string, bool) { return "", false })
		},
		Hangups: s.hangups, Log: slog.New(slog.NewTextHandler(s.log, nil)),
	}
	go func() { s.ended <- serve.Run(ctx, options) }()
}

// begin starts the daemon, and ends it with the test.
func (s *stage) begin() {
	s.t.Helper()
	s.start()
	end, ended := s.end, s.ended
	s.t.Cleanup(func() {
		end()
		assert.NoError(s.t, <-ended)
	})
	s.until(func() bool { return strings.Contains(s.log.String(), "msg=serving") })
}

func (s *stage) hangUp() { s.hangups <- syscall.SIGHUP }

func (s *stage) until(is func() bool) {
	s.t.Helper()
	require.Eventually(s.t, is, deadline, 10*time.Millisecond)
}

func (s *stage) ask(method, path string) (status int, body string) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, "http://manager"+path, http.NoBody)
	require.NoError(s.t, err)
	response, err := s.client.Do(request)
	require.NoError(s.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	return response.StatusCode, string(text)
}
