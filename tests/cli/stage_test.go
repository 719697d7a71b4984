// Package cli_test drives the built connect-manager on a real Kafka Connect: every verb of its command line.
package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/tests/charms"
	"connectcharms/tests/kafka"
)

// stage is a worker, and the program with a context for it.
type stage struct {
	*testing.T
	program, dir string
	worker       *kafka.Worker
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{T: t, dir: t.TempDir(), worker: startWorker(t)}
	s.configure("state.yaml", "secrets")
	program, err := built()
	require.NoError(t, err)
	s.program = program
	return s
}

func TestMain(m *testing.M) {
	code := m.Run()
	_ = os.RemoveAll(programs)
	os.Exit(code)
}

// programs is where connect-manager is built, once.
var programs = filepath.Join(os.TempDir(), fmt.Sprintf("connect-manager-cli-%d", os.Getpid()))

var built = sync.OnceValues(func() (string, error) { return charms.BuildManager(context.Background(), programs) })

// configure writes the one context: where its state file is, and its secrets.
func (s *stage) configure(state, secrets string) {
	s.write("config.yaml", "contexts: {real: {endpoints: ['"+s.worker.URL()+"'], state: "+state+", secrets-dir: "+secrets+"}}\n")
}

// in is the stage for a part of the test.
func (s *stage) in(t *testing.T) *stage {
	t.Helper()
	part := *s
	part.T = t
	return &part
}

func startWorker(t *testing.T) *kafka.Worker {
	t.Helper()
	runtime, err := kafka.Fetch(t.Context(), "", os.Stderr)
	require.NoError(t, err)
	broker, err := kafka.StartBroker(t.Context(), runtime, kafka.BrokerOptions{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, broker.Stop()) })
	worker, err := kafka.StartWorker(t.Context(), runtime, broker, kafka.WorkerOptions{Dir: t.TempDir(), PluginPath: runtime.PluginPath})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, worker.Stop()) })
	return worker
}

// write makes a file and gives its path.
func (s *stage) write(name, text string) string {
	s.Helper()
	path := filepath.Join(s.dir, name)
	require.NoError(s, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(s, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// result is what came of one command line.
type result struct {
	code     int
	out, err string
}

func (s *stage) command(ctx context.Context, args ...string) (*exec.Cmd, *bytes.Buffer, *bytes.Buffer) {
	command := exec.CommandContext(ctx, s.program, args...)
	command.Env = []string{"HOME=" + s.dir, "CONNECT_MANAGER_CONFIG=" + filepath.Join(s.dir, "config.yaml")}
	command.Dir = s.dir
	var out, err bytes.Buffer
	command.Stdout, command.Stderr = &out, &err
	return command, &out, &err
}

// run carries out one command line.
func (s *stage) run(args ...string) result {
	s.Helper()
	command, out, err := s.command(s.Context(), args...)
	began := time.Now()
	_ = command.Run()
	s.Logf("connect-manager %s: %d in %s", strings.Join(args, " "), command.ProcessState.ExitCode(), time.Since(began).Round(time.Millisecond))
	return result{command.ProcessState.ExitCode(), out.String(), err.String()}
}

// ok is run, where nothing may fail.
func (s *stage) ok(args ...string) string {
	s.Helper()
	done := s.run(args...)
	require.Equal(s, 0, done.code, "%s\n%s", done.out, done.err)
	return done.out
}
