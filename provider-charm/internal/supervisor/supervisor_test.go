package supervisor_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/supervisor"
)

// pebble builds the Pebble that the charm ships, once.
func pebble(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "tool", "-n", "pebble").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return strings.TrimSpace(string(out))
}

func newSupervisor(t *testing.T) (*supervisor.Supervisor, string) {
	dir, err := os.MkdirTemp("", "sv") // short: a unix socket's path has 108 bytes at the most
	require.NoError(t, err)
	s, err := supervisor.New(pebble(t), dir, "test-pebble", false)
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

func TestServicesOutliveTheSupervisorObjectAndStop(t *testing.T) {
	t.Parallel()
	s, dir := newSupervisor(t)
	states, err := s.Services(t.Context())
	require.NoError(t, err)
	assert.Empty(t, states, "nothing runs before Ensure")
	require.NoError(t, s.Ensure(t.Context(), map[string]supervisor.Service{"one": service("sleep 60")}))

	again, err := supervisor.New(pebble(t), dir, "test-pebble", false)
	require.NoError(t, err)
	states, err = again.Services(t.Context())
	require.NoError(t, err)
	assert.True(t, states["one"].Running())
	since := states["one"].Since

	require.NoError(t, again.Ensure(t.Context(), map[string]supervisor.Service{"one": service("sleep 61")}))
	states, err = again.Services(t.Context())
	require.NoError(t, err)
	assert.Equal(t, since, states["one"].Since, "new settings alone restart nothing")
	require.NoError(t, again.Restart(t.Context(), "one"))
	states, err = again.Services(t.Context())
	require.NoError(t, err)
	assert.NotEqual(t, since, states["one"].Since)
}

func TestAServiceThatHangsAtStopIsKilled(t *testing.T) {
	t.Parallel()
	s, dir := newSupervisor(t)
	script := filepath.Join(dir, "stubborn.sh")
	require.NoError(t, os.WriteFile(script, []byte("#!/bin/sh\ntrap '' TERM\necho pid $$\nwhile :; do sleep 0.1; done\n"), 0o755))
	require.NoError(t, s.Ensure(t.Context(), map[string]supervisor.Service{"stubborn": service(script)}))
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
	}, 5*time.Second, 20*time.Millisecond)
	return strings.TrimPrefix(lines[nth-1], "pid ")
}

func TestAServiceThatDiesAtStartIsReportedByItsState(t *testing.T) {
	t.Parallel()
	s, dir := newSupervisor(t)
	script := filepath.Join(dir, "dies.sh")
	require.NoError(t, os.WriteFile(script, []byte("#!/bin/sh\necho no broker\nexit 3\n"), 0o755))
	require.NoError(t, s.Ensure(t.Context(), map[string]supervisor.Service{"dies": service(script), "lives": service("sleep 60")}))
	states, err := s.Services(t.Context())
	require.NoError(t, err)
	assert.False(t, states["dies"].Running())
	assert.True(t, states["lives"].Running())
	log, err := s.Logs("dies", 10)
	require.NoError(t, err)
	assert.Contains(t, log, "no broker")
}
