package jujutest_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/jujutest"
)

// askedCharm is a charm in the hooks of which nothing happens but what a daemon of it asks for.
const askedCharm = `
case "$JUJU_DISPATCH_PATH" in
hooks/asked) status-set active "asked in $(basename "$PWD"), hook name '$JUJU_HOOK_NAME'"; echo said; echo complained >&2; exit 3 ;;
hooks/update-status) exit 1 ;;
esac
`

// asked is a settled unit of that charm, and calls juju-exec as a process of its own would.
func asked(t *testing.T) (m *jujutest.Model, call func(env []string, args ...string) *exec.Cmd) {
	t.Helper()
	m = newModel(t, jujutest.Options{HookRetries: -1})
	deploy(t, m, "client", charmDir(t, clientMetadata, askedCharm), jujutest.DeployOptions{})
	settle(t, m)
	unit, err := m.Unit("client/0")
	require.NoError(t, err)
	return m, func(env []string, args ...string) *exec.Cmd {
		command := exec.CommandContext(deadline(t), filepath.Join(unit.Root, "usr/bin/juju-exec"), args...)
		command.Env = append(env, "PATH=/usr/bin:/bin")
		return command
	}
}

func TestADaemonRunsAHookByJujuExec(t *testing.T) {
	t.Parallel()
	m, call := asked(t)
	command := call(nil, "client/0", "JUJU_DISPATCH_PATH=hooks/asked ./dispatch")
	var out, complaint strings.Builder
	command.Stdout, command.Stderr = &out, &complaint
	require.NoError(t, command.Start())
	require.NoError(t, m.UpdateStatus()) // which fails: commands are run in an error state, too
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	var err error
	require.Eventually(t, func() bool {
		_ = m.Settle(deadline(t))
		select {
		case err = <-ended:
			return true
		default:
			return false
		}
	}, time.Minute, 10*time.Millisecond)
	failure := new(exec.ExitError)
	require.ErrorAs(t, err, &failure)
	assert.Equal(t, 3, failure.ExitCode())
	assert.Equal(t, "said\n", out.String())
	assert.Equal(t, "complained\n", complaint.String())
	require.NoError(t, m.Resolve("client/0", false))
	unit, err := m.Unit("client/0")
	require.NoError(t, err)
	assert.Equal(t, "asked in charm, hook name ''", unit.Workload.Message, "what the tools did counts, whatever the exit code")
	assert.Contains(t, m.HookNames("client/0"), "juju-exec")
}

func TestJujuExecRefusesWhatItCannotRun(t *testing.T) {
	t.Parallel()
	_, call := asked(t)
	for want, command := range map[string]*exec.Cmd{
		"ERROR juju-exec cannot be called from within a hook, have context \"x\"\n": call([]string{"JUJU_CONTEXT_ID=x"}, "client/0", "true"),
		"ERROR unit \"other/0\" not found on this machine\n":                        call(nil, "other/0", "true"),
		"ERROR missing unit-name\n":                                                 call(nil),
		"ERROR missing commands\n":                                                  call(nil, "-u", "client/0"),
	} {
		out, err := command.CombinedOutput()
		require.Error(t, err)
		assert.Equal(t, want, string(out))
	}
}

func TestJujuExecEndsWithTheModel(t *testing.T) {
	t.Parallel()
	m, call := asked(t)
	command := call(nil, "unit-client-0", "true")
	require.NoError(t, command.Start())
	require.NoError(t, m.Close())
	require.Error(t, command.Wait(), "nothing has run it")
}
