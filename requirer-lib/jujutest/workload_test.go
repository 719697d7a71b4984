package jujutest_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
)

const workloadMetadata = "name: work\ncontainers: {main: {resource: image}, side: {resource: image}}\n"

func TestEveryContainerHasAPebbleOfItsOwn(t *testing.T) {
	t.Parallel()
	m, s := newModelWithPebble(t, jujutest.Options{}), newScript()
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
	output, err := askPebble(t, socket, "version")
	require.NoError(t, err, output)
	assert.Contains(t, output, "server")

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
	m, s := newModelWithPebble(t, jujutest.Options{}), newScript()
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
		output, err := askPebble(t, filepath.Join(unit.Root, "charm/containers/main/pebble.socket"), args...)
		require.NoError(t, err, output)
	}
	ctx := deadline(t)
	for len(failed) == 0 {
		require.NoError(t, ctx.Err())
		settle(t, m)
	}
	assert.Equal(t, "up", <-failed)
}

func TestAContainerIsSeenReadyBeforeOrAfterOtherHooks(t *testing.T) {
	t.Parallel()
	m, _ := pod(t, jujutest.Options{})
	require.NoError(t, m.Scale("work", 2))
	settle(t, m)
	before := map[string]int{}
	for _, unit := range m.Units("work") {
		before[unit] = len(m.HookNames(unit))
		require.NoError(t, m.RestartContainer(unit, "main"))
		isReady := func() bool { return m.NotifyContainer(deadline(t), unit, "main", "example.com/it-is-ready") == nil }
		require.Eventually(t, isReady, time.Minute, 5*time.Millisecond)
	}
	require.NoError(t, m.SetTrust("work", true))
	settle(t, m)
	for unit, want := range map[string][]string{
		"work/0": {"main-pebble-custom-notice", "config-changed", "main-pebble-ready"},
		"work/1": {"main-pebble-ready", "main-pebble-custom-notice", "config-changed"},
	} {
		assert.Equal(t, want, m.HookNames(unit)[before[unit]:], unit)
	}
}
