package supervisor_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/supervisor"
)

// pebble builds the Pebble that the charm ships, once.
func pebble(t *testing.T) string {
	t.Helper()
	command := exec.Command("go", "tool", "-n", "pebble")
	command.Stderr = os.Stderr // what has to be downloaded, too
	out, err := command.Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(out))
}

func own(t *testing.T, dir string) supervisor.Own {
	t.Helper()
	return supervisor.Own{Charm: "test", Binary: pebble(t), Dir: dir, Service: "test-pebble"}
}

func newSupervisor(t *testing.T) (*supervisor.Supervisor, string) {
	dir, err := os.MkdirTemp("", "sv") // short: a unix socket's path has 108 bytes at the most
	require.NoError(t, err)
	s, err := own(t, dir).Supervisor()
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.NoError(t, s.Stop(context.Background()))
		assert.NoError(t, os.RemoveAll(dir))
	})
	return s, dir
}

func service(command string) supervisor.Service {
	return supervisor.Service{Summary: "test", Override: "replace", Startup: "enabled", Command: command, KillDelay: "300ms"}
}

func services(all map[string]supervisor.Service) supervisor.Plan {
	return supervisor.Plan{Services: all}
}

func TestServicesOutliveTheSupervisorObjectAndStop(t *testing.T) {
	t.Parallel()
	s, dir := newSupervisor(t)
	states, err := s.Services(t.Context())
	require.NoError(t, err)
	assert.Empty(t, states, "nothing runs before Ensure")
	require.NoError(t, s.Ensure(t.Context(), services(map[string]supervisor.Service{"one": service("sleep 600")})))

	again, err := own(t, dir).Supervisor()
	require.NoError(t, err)
	states, err = again.Services(t.Context())
	require.NoError(t, err)
	assert.True(t, states["one"].Running())
	since := states["one"].Since

	require.NoError(t, again.Ensure(t.Context(), services(map[string]supervisor.Service{"one": service("sleep 601")})))
	states, err = again.Services(t.Context())
	require.NoError(t, err)
	assert.Equal(t, since, states["one"].Since, "new settings alone restart nothing")
	require.NoError(t, again.Restart(t.Context(), "one"))
	states, err = again.Services(t.Context())
	require.NoError(t, err)
	assert.NotEqual(t, since, states["one"].Since)
}

// A disk that becomes full would stop Pebble, and with it all services.
func TestOurPebbleKeepsNoStateOnDisk(t *testing.T) {
	t.Parallel()
	s, dir := newSupervisor(t)
	require.NoError(t, s.Ensure(t.Context(), services(map[string]supervisor.Service{"one": service("sleep 600")})))
	states, err := filepath.Glob(filepath.Join(dir, ".pebble.state*"))
	require.NoError(t, err)
	assert.Empty(t, states)
}

func TestAServiceThatHangsAtStopIsKilled(t *testing.T) {
	t.Parallel()
	s, dir := newSupervisor(t)
	script := filepath.Join(dir, "stubborn.sh")
	require.NoError(t, os.WriteFile(script, []byte("trap '' TERM\necho pid $$\nwhile :; do sleep 0.1; done\n"), 0o600))
	require.NoError(t, s.Ensure(t.Context(), services(map[string]supervisor.Service{"stubborn": service("sh " + script)})))
	first := loggedPID(t, s, 1)
	require.NoError(t, s.Restart(t.Context(), "stubborn"))
	second := loggedPID(t, s, 2)
	assert.NotEqual(t, first, second)
	assert.NoDirExists(t, fmt.Sprintf("/proc/%s", first))
}

func loggedPID(t *testing.T, s *supervisor.Supervisor, nth int) string {
	var lines []string
	require.Eventually(t, func() bool {
		var err error
		lines, err = s.Logs("stubborn", -1)
		return err == nil && len(lines) >= nth
	}, time.Minute, 20*time.Millisecond)
	return strings.TrimPrefix(lines[nth-1], "pid ")
}

func TestAServiceIsToldToReadItsFilesAgain(t *testing.T) {
	t.Parallel()
	s, dir := newSupervisor(t)
	script := filepath.Join(dir, "reads.sh")
	// A shell cannot trap what is ignored when it starts, as below nohup.
	require.NoError(t, os.WriteFile(script, []byte("trap 'echo pid again' HUP\necho pid first\nwhile :; do sleep 0.05; done\n"), 0o600))
	command := "env --default-signal=HUP sh " + script
	require.NoError(t, s.Ensure(t.Context(), services(map[string]supervisor.Service{"stubborn": service(command)})))
	require.Equal(t, "first", loggedPID(t, s, 1))
	require.NoError(t, s.Reload("stubborn"))
	assert.Equal(t, "again", loggedPID(t, s, 2))
	assert.Error(t, s.Reload("unknown"))
}

func TestAServiceThatDiesAtStartIsReportedByItsState(t *testing.T) {
	t.Parallel()
	s, dir := newSupervisor(t)
	script := filepath.Join(dir, "dies.sh")
	require.NoError(t, os.WriteFile(script, []byte("echo no broker\nexit 3\n"), 0o600))
	require.NoError(t, s.Ensure(t.Context(), services(map[string]supervisor.Service{"dies": service("sh " + script), "lives": service("sleep 600")})))
	var states map[string]supervisor.State
	require.Eventually(t, func() bool { // for Pebble it has started if it takes more than a second to die
		var err error
		states, err = s.Services(t.Context())
		return err == nil && states["dies"].Died()
	}, time.Minute, 20*time.Millisecond)
	assert.True(t, states["lives"].Running())
	log, err := s.Logs("dies", 10)
	require.NoError(t, err)
	assert.Contains(t, log, "no broker")
}

// kept starts a Pebble as Kubernetes does in a container, and gives its socket.
func kept(t *testing.T) (socket string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "sv")
	require.NoError(t, err)
	daemon := exec.Command(pebble(t), "run", "--create-dirs", "--hold")
	daemon.Env = append(os.Environ(), "PEBBLE="+dir)
	require.NoError(t, daemon.Start())
	t.Cleanup(func() {
		assert.NoError(t, daemon.Process.Signal(os.Interrupt))
		assert.NoError(t, daemon.Wait())
		assert.NoError(t, os.RemoveAll(dir))
	})
	return filepath.Join(dir, ".pebble.socket")
}

func TestAPebbleThatIsGivenIsUsedAndLeftRunning(t *testing.T) {
	t.Parallel()
	s, err := supervisor.InContainer("kafka-connect", filepath.Join(t.TempDir(), "none"))
	require.NoError(t, err)
	assert.False(t, s.Running())
	states, err := s.Services(t.Context())
	require.NoError(t, err)
	assert.Empty(t, states)
	require.NoError(t, s.Stop(t.Context()))

	socket := kept(t)
	s, err = supervisor.InContainer("kafka-connect", socket)
	require.NoError(t, err)
	require.Eventually(t, s.Running, time.Minute, 20*time.Millisecond)
	require.NoError(t, s.Ensure(t.Context(), services(map[string]supervisor.Service{"one": service("sleep 600")})))
	states, err = s.Services(t.Context())
	require.NoError(t, err)
	assert.True(t, states["one"].Running())
	assert.NoDirExists(t, filepath.Join(filepath.Dir(socket), "layers/001-kafka-connect.yaml"), "the container's files are not ours")
	names, err := s.Names(filepath.Dir(socket), "*.socket")
	require.NoError(t, err)
	assert.Contains(t, names, filepath.Base(socket))

	require.NoError(t, s.Stop(t.Context()))
	assert.True(t, s.Running())
	states, err = s.Services(t.Context())
	require.NoError(t, err)
	assert.False(t, states["one"].Running())
}

func TestAServiceThatDoesNotAnswerForLongIsRestarted(t *testing.T) {
	t.Parallel()
	var looks atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		looks.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(server.Close)
	s, _ := newSupervisor(t)
	hanging := service("sleep 600")
	hanging.OnCheckFailure = map[string]string{"answers": "restart"}
	hanging.BackoffDelay = "10ms"
	since := func() time.Time {
		states, err := s.Services(t.Context())
		require.NoError(t, err)
		return states["one"].Since
	}
	// It never answers well. How often it may not is what differs: how fast it does, a busy machine has a say in.
	restartAfter := func(failures int) {
		t.Helper()
		require.NoError(t, s.Ensure(t.Context(), supervisor.Plan{
			Services: map[string]supervisor.Service{"one": hanging},
			Checks: map[string]supervisor.Check{"answers": {
				Override: "replace", Level: "ready", Period: "50ms", Timeout: "40ms", Threshold: failures, HTTP: &supervisor.HTTPCheck{URL: server.URL},
			}},
		}))
	}
	restartAfter(1_000_000)
	require.NoError(t, s.Restart(t.Context(), "one"), "which waits: in its first second Pebble does nothing to a service")
	started, seen := since(), looks.Load()
	require.Eventually(t, func() bool { return looks.Load() >= seen+5 }, time.Minute, 10*time.Millisecond)
	assert.Equal(t, started, since(), "one that starts slowly is left alone")
	restartAfter(3)
	require.Eventually(t, func() bool { return since() != started }, time.Minute, 50*time.Millisecond)
}
