package jujutest_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
)

const pebbleModule = "github.com/canonical/pebble"

const pebbleVersion = "v1.26.0"

// pebble is the real Pebble command. It is built in a module of its own, so that this library does not depend on Pebble.
var pebble = sync.OnceValues(func() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	target := filepath.Join(cache, "jujutest", "pebble-"+pebbleVersion)
	if _, err := os.Stat(target); err == nil {
		return target, nil
	}
	dir, err := os.MkdirTemp("", "pebble")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	module := "module build\n\ngo 1.26.0\n\nrequire " + pebbleModule + " " + pebbleVersion + "\n"
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(module), 0o644); err != nil {
		return "", err
	}
	build := exec.Command("go", "build", "-mod=mod", "-o", filepath.Join(dir, "pebble"), pebbleModule+"/cmd/pebble")
	build.Dir = dir
	build.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=", "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		return "", errorf("build Pebble: %w\n%s", err, output)
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return "", err
	}
	return target, os.Rename(filepath.Join(dir, "pebble"), target)
})

const workloadMetadata = "name: work\ncontainers: {main: {resource: image}, side: {resource: image}}\n"

func TestEveryContainerHasAPebbleOfItsOwn(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it builds Pebble")
	}
	binary, err := pebble()
	require.NoError(t, err)
	m, s := newModel(t, jujutest.Options{PebbleBinary: binary}), newScript()
	deploy(t, m, "work", s.charm(workloadMetadata), jujutest.DeployOptions{})
	settle(t, m)
	names := m.HookNames("work/0")
	assert.Equal(t, "install", names[0])
	assert.Contains(t, names, "main-pebble-ready")
	assert.Contains(t, names, "side-pebble-ready")
	env := envOf(lastRun(t, m, "work/0", "main-pebble-ready"))
	assert.Equal(t, "main", env["JUJU_WORKLOAD_NAME"])
	assert.NotContains(t, env, "JUJU_CONTAINER_NAMES", "the agent knows it, and does not tell hooks")
	assert.Empty(t, env["JUJU_MACHINE_ID"])
	unit, err := m.Unit("work/0")
	require.NoError(t, err)
	socket := filepath.Join(unit.Root, "charm/containers/main/pebble.socket")
	command := exec.Command(binary, "version")
	command.Env = []string{"PEBBLE_SOCKET=" + socket}
	output, err := command.CombinedOutput()
	require.NoError(t, err, string(output))
	assert.Contains(t, string(output), "server")

	notices := make(chan hook.Notice, 4)
	s.every = func(_ context.Context, h *hook.Hook) error {
		if h.Kind == hook.PebbleNotice {
			notices <- h.Workload.Notice
		}
		return nil
	}
	require.NoError(t, m.NotifyContainer(deadline(t), "work/0", "main", "example.com/done"))
	settle(t, m)
	require.Len(t, notices, 1)
	notice := <-notices
	assert.Equal(t, "example.com/done", notice.Key)
	assert.Equal(t, "custom", notice.Type)
	assert.ErrorContains(t, m.NotifyContainer(deadline(t), "work/0", "none", "example.com/done"), "the charm has no such container")
}

func TestAFailedCheckIsToldToTheCharm(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it builds Pebble")
	}
	binary, err := pebble()
	require.NoError(t, err)
	m, s := newModel(t, jujutest.Options{PebbleBinary: binary}), newScript()
	failed := make(chan string, 1)
	s.every = func(_ context.Context, h *hook.Hook) error {
		if h.Kind == hook.PebbleFailed {
			failed <- h.Workload.Check
		}
		return nil
	}
	deploy(t, m, "work", s.charm("name: work\ncontainers: {main: {}}\n"), jujutest.DeployOptions{})
	settle(t, m)
	unit, err := m.Unit("work/0")
	require.NoError(t, err)
	layer := filepath.Join(t.TempDir(), "layer.yaml")
	require.NoError(t, os.WriteFile(layer, []byte("checks: {up: {override: replace, period: 20ms, threshold: 1, exec: {command: /bin/false}}}\n"), 0o644))
	for _, args := range [][]string{{"add", "checks", layer}, {"replan"}} {
		command := exec.Command(binary, args...)
		command.Env = []string{"PEBBLE_SOCKET=" + filepath.Join(unit.Root, "charm/containers/main/pebble.socket")}
		output, err := command.CombinedOutput()
		require.NoError(t, err, string(output))
	}
	ctx := deadline(t)
	for len(failed) == 0 {
		require.NoError(t, ctx.Err())
		settle(t, m)
	}
	assert.Equal(t, "up", <-failed)
}
