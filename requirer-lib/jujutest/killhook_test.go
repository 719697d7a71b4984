package jujutest_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/jujutest"
)

// diesOnce is a charm whose first install writes a status, state and a file, and then waits for its end.
const diesOnce = `
[ "$JUJU_DISPATCH_PATH" = hooks/install ] || exit 0
state-set tries="$(state-get tries)x"
[ -e ../began ] && exit 0
touch ../began
sleep 600
`

func TestAHookThatIsKilledHasFailedAndIsRunAgain(t *testing.T) {
	t.Parallel()
	m := newModel(t, jujutest.Options{})
	deploy(t, m, "client", charmDir(t, clientMetadata, diesOnce), jujutest.DeployOptions{})
	killed, err := m.KillHook("client/0")
	require.NoError(t, err)
	assert.False(t, killed, "no hook runs")

	unit, err := m.Unit("client/0")
	require.NoError(t, err)
	settled := make(chan error, 1)
	go func() { settled <- m.Settle(deadline(t)) }()
	require.Eventually(t, func() bool {
		_, err := os.Stat(filepath.Join(filepath.Dir(unit.CharmDir), "began"))
		return err == nil
	}, time.Minute, time.Millisecond)
	require.Eventually(t, func() bool { // the program may run before the model knows its number
		killed, err := m.KillHook("client/0")
		return err == nil && killed
	}, time.Minute, time.Millisecond)
	require.NoError(t, <-settled)

	runs := m.HookLog()
	assert.Equal(t, []string{"install", "install"}, m.HookNames("client/0")[:2])
	assert.Equal(t, "signal: killed", runs[0].Err)
	assert.Equal(t, 2, runs[1].Attempt)
	unit, err = m.Unit("client/0")
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"tries": "x"}, unit.State, "what it wrote is dropped")
	_, err = m.KillHook("client/9")
	assert.ErrorContains(t, err, `unit "client/9" not found`)
}
