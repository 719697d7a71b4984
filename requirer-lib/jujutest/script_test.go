package jujutest_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
	"connectcharms/requirer-lib/jujutest/internal/pebblecommand"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// newModel makes a model that ends with the test.
func newModel(t *testing.T, options jujutest.Options) *jujutest.Model {
	t.Helper()
	m, err := jujutest.New(options)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, m.Close()) })
	return m
}

// newModelWithPebble is for containers, each of which gets a real Pebble.
func newModelWithPebble(t *testing.T, options jujutest.Options) *jujutest.Model {
	t.Helper()
	if testing.Short() {
		t.Skip("it builds Pebble")
	}
	var err error
	options.PebbleBinary, err = pebblecommand.Path()
	require.NoError(t, err)
	return newModel(t, options)
}

// askPebble runs the pebble command against the daemon at a socket.
func askPebble(t *testing.T, socket string, args ...string) (output string, err error) {
	t.Helper()
	binary, err := pebblecommand.Path()
	require.NoError(t, err)
	command := exec.Command(binary, args...)
	command.Env = []string{"PEBBLE_SOCKET=" + socket}
	out, err := command.CombinedOutput()
	return string(out), err
}

func settle(t *testing.T, m *jujutest.Model) {
	t.Helper()
	require.NoError(t, m.Settle(deadline(t)))
}

func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func deploy(t *testing.T, m *jujutest.Model, name string, charm jujutest.Charm, options jujutest.DeployOptions) {
	t.Helper()
	require.NoError(t, m.Deploy(name, charm, options))
}

func integrate(t *testing.T, m *jujutest.Model, a, b string) int {
	t.Helper()
	id, err := m.Integrate(a, b)
	require.NoError(t, err)
	return id
}

// quiet is a charm that does nothing.
func quiet(metadata string) jujutest.Charm {
	return jujutest.FromFunc([]byte(metadata), func(context.Context, *hook.Hook) error { return nil })
}

const (
	serverMetadata = "name: server\nprovides: {db: {interface: sql}}\npeers: {cluster: {interface: cluster}}\n"
	clientMetadata = "name: client\nrequires: {database: {interface: sql}}\n"
)

// script is a charm that lets a test say, hook by hook, what it does: each step runs once, in the hook of its name.
type script struct {
	mu    sync.Mutex
	steps map[string]func(ctx context.Context, h *hook.Hook) error // by "unit hook"
	every func(ctx context.Context, h *hook.Hook) error
}

func newScript() *script {
	return &script{steps: map[string]func(context.Context, *hook.Hook) error{}}
}

// on sets what a unit does in its next hook of a name.
func (s *script) on(unit, name string, step func(ctx context.Context, h *hook.Hook) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.steps[unit+" "+name] = step
}

func (s *script) charm(metadata string) jujutest.Charm {
	return jujutest.FromFunc([]byte(metadata), func(ctx context.Context, h *hook.Hook) error {
		s.mu.Lock()
		step := s.steps[h.Unit+" "+h.Name]
		delete(s.steps, h.Unit+" "+h.Name)
		s.mu.Unlock()
		if step != nil {
			return step(ctx, h)
		}
		if s.every != nil {
			return s.every(ctx, h)
		}
		return nil
	})
}

// do runs a step in a unit's update-status.
func (s *script) do(t *testing.T, m *jujutest.Model, unit string, step func(ctx context.Context, h *hook.Hook) error) {
	t.Helper()
	s.on(unit, "update-status", step)
	require.NoError(t, m.UpdateStatus(unit))
	settle(t, m)
}

// charmDir writes a charm with a shell script as its dispatch.
func charmDir(t *testing.T, metadata, dispatch string) jujutest.Charm {
	t.Helper()
	dir := t.TempDir()
	writeCharm(t, dir, metadata, dispatch)
	return jujutest.FromDir(dir)
}

func writeCharm(t *testing.T, dir, metadata, dispatch string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "charmcraft.yaml"), []byte(metadata), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "dispatch"), []byte("#!/bin/sh\n"+dispatch), 0o755))
}

// shell runs a shell script in a unit's update-status with the real tools, and returns what it printed.
type shell struct {
	m    *jujutest.Model
	unit string
}

// shellCharm is a charm whose update-status runs the file "now" in the unit's root; other hooks run "HOOK.sh" of the charm.
const shellCharm = `
case "$JUJU_DISPATCH_PATH" in
hooks/update-status) . "$JUJU_CHARM_DIR/../../../../../../now" ;;
esac
`

func (s shell) run(t *testing.T, text string) string {
	t.Helper()
	info, err := s.m.Unit(s.unit)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(info.Root, "now"), []byte("exec 2>&1\n"+text), 0o644))
	require.NoError(t, s.m.UpdateStatus(s.unit))
	settle(t, s.m)
	runs := s.m.HookLog()
	for _, run := range slices.Backward(runs) {
		if run.Unit == s.unit && run.Name == "update-status" {
			return run.Output
		}
	}
	require.Fail(t, "update-status has not run")
	return ""
}

// golden compares a text with a file, or rewrites the file with -update.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

func envOf(run jujutest.HookRun) map[string]string {
	env := map[string]string{}
	for _, entry := range run.Env {
		key, value, _ := strings.Cut(entry, "=")
		env[key] = value
	}
	return env
}

func errorf(format string, args ...any) error { return fmt.Errorf(format, args...) }
