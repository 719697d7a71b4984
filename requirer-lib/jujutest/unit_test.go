package jujutest_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
)

func TestAFailedHookIsRunAgainAtOnceAndThenRests(t *testing.T) {
	t.Parallel()
	m := newModel(t, jujutest.Options{})
	tries := 0
	charm := jujutest.FromFunc([]byte(clientMetadata), func(_ context.Context, h *hook.Hook) error {
		if h.Kind == hook.Install {
			tries++
			return errorf("try %d", tries)
		}
		return nil
	})
	deploy(t, m, "client", charm, jujutest.DeployOptions{})
	deploy(t, m, "server", quiet(serverMetadata), jujutest.DeployOptions{})
	err := m.Settle(deadline(t))
	require.ErrorContains(t, err, `unit client/0 is in an error state: hook "install" failed 3 times: try 3`)
	assert.Equal(t, 3, tries)
	assert.Contains(t, m.HookNames("server/0"), "start", "other units settle")
	require.Error(t, m.Settle(deadline(t)), "it stays in its error state")
	assert.Equal(t, 3, tries)
	require.NoError(t, m.Resolve("client/0", true))
	require.ErrorContains(t, m.Settle(deadline(t)), "try 6")
	require.NoError(t, m.Resolve("client/0", false))
	settle(t, m)
	assert.Contains(t, m.HookNames("client/0"), "start")
	assert.ErrorContains(t, m.Resolve("client/0", true), "not in an error state")
}

func TestAHookThatSucceedsAtTheSecondTryIsNoError(t *testing.T) {
	t.Parallel()
	m, s := newModel(t, jujutest.Options{}), newScript()
	s.on("client/0", "start", func(context.Context, *hook.Hook) error { return errorf("once") })
	deploy(t, m, "client", s.charm(clientMetadata), jujutest.DeployOptions{})
	settle(t, m)
	run := lastRun(t, m, "client/0", "start")
	assert.Equal(t, 2, run.Attempt)
	assert.Empty(t, run.Err)
}

func TestTheErrorOfAScriptHasTheEndOfItsOutput(t *testing.T) {
	t.Parallel()
	m := newModel(t, jujutest.Options{HookRetries: -1})
	deploy(t, m, "client", charmDir(t, clientMetadata, "echo to stdout; echo to stderr >&2; exit 3"), jujutest.DeployOptions{})
	err := m.Settle(deadline(t))
	require.ErrorContains(t, err, `unit client/0 is in an error state: hook "install" failed 1 times: exit status 3`)
	assert.ErrorContains(t, err, "to stdout\nto stderr")
	assert.Equal(t, 3, lastRun(t, m, "client/0", "install").Exit)
}

func TestAPanicFailsTheHook(t *testing.T) {
	t.Parallel()
	m := newModel(t, jujutest.Options{HookRetries: -1})
	charm := jujutest.FromFunc([]byte(clientMetadata), func(context.Context, *hook.Hook) error { panic("oh") })
	deploy(t, m, "client", charm, jujutest.DeployOptions{})
	assert.ErrorContains(t, m.Settle(deadline(t)), "panic: oh")
}

func TestAHookThatRunsTooLongIsKilledWithItsChildren(t *testing.T) {
	t.Parallel()
	m := newModel(t, jujutest.Options{HookRetries: -1, HookTimeout: 200 * time.Millisecond})
	deploy(t, m, "client", charmDir(t, clientMetadata, "sleep 1000 | sleep 1000"), jujutest.DeployOptions{})
	assert.ErrorContains(t, m.Settle(deadline(t)), "it ran longer than 200ms")
}

// daemonCharm leaves a daemon behind that has no parent, no group, no environment and no directory of the unit.
const daemonCharm = `
case "$JUJU_DISPATCH_PATH" in
hooks/start)
  cp /bin/sleep "$JUJU_CHARM_DIR/daemon"
  (cd / && env -i setsid "$JUJU_CHARM_DIR/daemon" 1000 </dev/null >/dev/null 2>&1 & echo $! > "$JUJU_CHARM_DIR/pid")
  (cd / && setsid sleep 1000 & echo $! > "$JUJU_CHARM_DIR/pid2")
  ;;
esac`

func TestDaemonsThatACharmLeavesEndWithTheirUnit(t *testing.T) {
	t.Parallel()
	m, err := jujutest.New(jujutest.Options{})
	require.NoError(t, err)
	deploy(t, m, "client", charmDir(t, clientMetadata, daemonCharm), jujutest.DeployOptions{Units: 2})
	settle(t, m)
	pids := append(daemons(t, m, "client/0"), daemons(t, m, "client/1")...)
	require.Len(t, pids, 4)
	for _, pid := range pids {
		assert.True(t, runs(pid), "the daemon %d outlives its hook", pid)
	}
	require.NoError(t, m.RemoveUnit("client/0"))
	settle(t, m)
	assert.False(t, runs(pids[0]) || runs(pids[1]))
	assert.True(t, runs(pids[2]) && runs(pids[3]), "the other unit's daemons stay")
	require.NoError(t, m.Close())
	assert.False(t, runs(pids[2]) || runs(pids[3]))
	_, err = os.Stat(m.Dir())
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func daemons(t *testing.T, m *jujutest.Model, unit string) []int {
	t.Helper()
	info, err := m.Unit(unit)
	require.NoError(t, err)
	var pids []int
	for _, name := range []string{"pid", "pid2"} {
		text, err := os.ReadFile(filepath.Join(info.CharmDir, name))
		require.NoError(t, err)
		pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
		require.NoError(t, err)
		pids = append(pids, pid)
	}
	return pids
}

func runs(pid int) bool {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

func TestTheEnvironmentIsThatOfJujusHooks(t *testing.T) {
	t.Parallel()
	m := newModel(t, jujutest.Options{Name: "prod", Environ: []string{"EXTRA=1"}})
	deploy(t, m, "client", charmDir(t, clientMetadata, "env > env; pwd > pwd"), jujutest.DeployOptions{})
	settle(t, m)
	unit, err := m.Unit("client/0")
	require.NoError(t, err)
	env := envOf(lastRun(t, m, "client/0", "start"))
	tools, _, _ := strings.Cut(env["PATH"], ":")
	assert.Equal(t, filepath.Join(m.Dir(), "tools"), tools)
	for name, want := range map[string]string{
		"JUJU_DISPATCH_PATH": "hooks/start", "JUJU_HOOK_NAME": "start", "JUJU_UNIT_NAME": "client/0", "JUJU_MODEL_NAME": "prod",
		"JUJU_MODEL_UUID": m.UUID(), "JUJU_VERSION": jujutest.JujuVersion, "JUJU_CHARM_DIR": unit.CharmDir, "CHARM_DIR": unit.CharmDir,
		"JUJU_MACHINE_ID": "0", "JUJU_PRINCIPAL_UNIT": "", "JUJU_AVAILABILITY_ZONE": "", "LANG": "C.UTF-8", "EXTRA": "1",
		"JUJU_AGENT_SOCKET_NETWORK": "unix", "DEBIAN_FRONTEND": "noninteractive",
	} {
		value, ok := env[name]
		assert.True(t, ok, name)
		assert.Equal(t, want, value, name)
	}
	for _, name := range []string{"HOME", "USER", "JUJU_RELATION", "JUJU_REMOTE_UNIT", "JUJU_ACTION_NAME", "JUJU_SECRET_ID", "JUJU_CONTAINER_NAMES"} {
		assert.NotContains(t, env, name)
	}
	assert.Equal(t, filepath.Join(unit.Root, "var/lib/juju/agents/unit-client-0/charm"), unit.CharmDir)
	pwd, err := os.ReadFile(filepath.Join(unit.CharmDir, "pwd"))
	require.NoError(t, err)
	assert.Equal(t, unit.CharmDir+"\n", string(pwd))
}

func TestEveryUnitHasALoopbackAddressOfItsOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 2 {
		m := newModel(t, jujutest.Options{})
		deploy(t, m, "client", quiet(clientMetadata), jujutest.DeployOptions{Units: 3})
		for _, name := range m.Units("client") {
			unit, err := m.Unit(name)
			require.NoError(t, err)
			assert.False(t, seen[unit.Address], "%s is taken twice", unit.Address)
			seen[unit.Address] = true
			listener, err := net.Listen("tcp", unit.Address+":0")
			require.NoError(t, err)
			require.NoError(t, listener.Close())
		}
	}
}

func TestLeadershipMovesWhereTheTestPutsIt(t *testing.T) {
	t.Parallel()
	m, server, _, _ := pair(t, jujutest.Options{})
	require.NoError(t, m.SetLeader("server/1"))
	settle(t, m)
	assert.Equal(t, "leader-elected", m.HookNames("server/1")[len(m.HookNames("server/1"))-1])
	for unit, want := range map[string]bool{"server/0": false, "server/1": true} {
		server.do(t, m, unit, func(ctx context.Context, h *hook.Hook) error {
			leader, err := h.IsLeader(ctx)
			assert.Equal(t, want, leader, unit)
			return err
		})
	}
}

func TestPeersDepartBeforeAnotherLeaderIsElected(t *testing.T) {
	t.Parallel()
	m, server, _, _ := pair(t, jujutest.Options{})
	server.on("server/1", "cluster-relation-departed", func(ctx context.Context, h *hook.Hook) error {
		leader, err := h.IsLeader(ctx)
		assert.False(t, leader)
		return err
	})
	before := len(m.HookLog())
	require.NoError(t, m.RemoveUnit("server/0"))
	settle(t, m)
	assert.Equal(t, []string{"cluster-relation-departed", "leader-elected"}, since(m, before, "server/1"))
}

func TestLeadershipLostInAHookFailsItsApplicationWrites(t *testing.T) {
	t.Parallel()
	m, server, _, id := pair(t, jujutest.Options{HookRetries: -1})
	server.on("server/0", "update-status", func(ctx context.Context, h *hook.Hook) error {
		require.NoError(t, h.RelationSetApp(ctx, hook.RelationID(id), map[string]string{"a": "b"}))
		return m.SetLeader("server/1")
	})
	require.NoError(t, m.UpdateStatus("server/0"))
	require.ErrorContains(t, m.Settle(deadline(t)), `"server/0" is not leader of "server"`)
}

func TestARebootNowRunsTheHookAgain(t *testing.T) {
	t.Parallel()
	m := newModel(t, jujutest.Options{})
	deploy(t, m, "client", charmDir(t, clientMetadata, `
if [ "$JUJU_DISPATCH_PATH" = hooks/install ] && [ ! -e rebooted ]; then touch rebooted; juju-reboot --now; sleep 1000; fi`), jujutest.DeployOptions{})
	settle(t, m)
	assert.Equal(t, []string{"install", "install"}, m.HookNames("client/0")[:2])
}

func TestToolsOfOneHookRunAtTheSameTime(t *testing.T) {
	t.Parallel()
	m := newModel(t, jujutest.Options{})
	deploy(t, m, "client", charmDir(t, clientMetadata, `
[ "$JUJU_DISPATCH_PATH" = hooks/start ] || exit 0
i=0; while [ $i -lt 20 ]; do state-set "key$i=$i" & i=$((i+1)); done; wait`), jujutest.DeployOptions{})
	settle(t, m)
	unit, err := m.Unit("client/0")
	require.NoError(t, err)
	assert.Len(t, unit.State, 20)
	run := lastRun(t, m, "client/0", "start")
	assert.Positive(t, run.User+run.System, "the CPU time of a hook includes that of its tools")
	assert.Len(t, run.Tools, 20, "they are told")
}

func TestAnActionWaitsForTheHookOfItsUnit(t *testing.T) {
	t.Parallel()
	m, s := newModel(t, jujutest.Options{}), newScript()
	deploy(t, m, "worker", s.charm(actionMetadata), jujutest.DeployOptions{})
	inHook, release := make(chan struct{}), make(chan struct{})
	s.on("worker/0", "start", func(context.Context, *hook.Hook) error {
		close(inHook)
		<-release
		return nil
	})
	settled, acted := make(chan error, 1), make(chan error, 1)
	go func() { settled <- m.Settle(deadline(t)) }()
	<-inHook
	go func() {
		_, err := m.RunAction(deadline(t), "worker/0", "broken", nil)
		acted <- err
	}()
	assert.NotContains(t, m.HookNames("worker/0"), "broken")
	close(release)
	require.NoError(t, <-settled)
	require.NoError(t, <-acted)
	names := m.HookNames("worker/0")
	assert.Equal(t, []string{"start", "broken"}, names[len(names)-2:])
}

func TestAClosedModelRefusesAndCutsHooksShort(t *testing.T) {
	t.Parallel()
	m, err := jujutest.New(jujutest.Options{})
	require.NoError(t, err)
	deploy(t, m, "client", charmDir(t, clientMetadata, "sleep 1000"), jujutest.DeployOptions{})
	settled := make(chan error)
	go func() { settled <- m.Settle(deadline(t)) }()
	require.Eventually(t, func() bool {
		info, _ := m.StatusOf("client/0")
		return info.Message == "installing charm software"
	}, time.Minute, time.Millisecond)
	require.NoError(t, m.Close())
	assert.ErrorContains(t, <-settled, "model test is closed")
	_, err = m.AddUnit("client")
	assert.ErrorContains(t, err, "is closed")
	require.NoError(t, m.Close(), "closing again is harmless")
}
