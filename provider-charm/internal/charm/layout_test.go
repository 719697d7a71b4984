package charm

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
)

// Juju 4.1-beta2 makes a unit's directory with mode 0700 now and then: the services' account sees nothing below it.
func TestServicesRunAProgramOutsideTheCharm(t *testing.T) {
	t.Parallel()
	charm := filepath.Join(t.TempDir(), "var/lib/juju/agents/unit-connect-0/charm")
	program := filepath.Join(charm, "bin/kafka-connect")
	require.NoError(t, os.MkdirAll(filepath.Dir(program), 0o755))
	for machine, event := range map[string]hook.Event{
		"on a machine": {Unit: "connect/0", CharmDir: charm, MachineID: "0"},
		"in a pod":     {Unit: "connect/1", CharmDir: charm},
	} {
		for _, content := range []string{"first", "refreshed"} {
			require.NoError(t, os.WriteFile(program, []byte(content), 0o700))
			built := time.Unix(int64(len(content)), 0)
			require.NoError(t, os.Chtimes(program, built, built))
			place := placeOf(event)
			require.NoError(t, place.prepare(t.Context()), machine)
			files, services := place.layouts()
			assert.NotContains(t, services.program(), charm, machine)
			copied, err := os.ReadFile(files.program())
			require.NoError(t, err)
			assert.Equal(t, content, string(copied), machine)
			info, err := os.Stat(files.program())
			require.NoError(t, err)
			assert.Equal(t, os.FileMode(0o755), info.Mode().Perm(), machine)
		}
	}
}

// A plugin's code is in the worker, and the charm is root: no link that it lays leads the charm's hand.
func TestServicesLeadTheCharmNowhere(t *testing.T) {
	t.Parallel()
	elsewhere := t.TempDir()
	require.NoError(t, os.Chmod(elsewhere, 0o700))
	l := layout{data: filepath.Join(t.TempDir(), "connect-0")}
	require.NoError(t, os.MkdirAll(l.workerDir(), 0o770)) // as an earlier version of the charm made it
	require.NoError(t, os.Symlink(elsewhere, l.secretsDir()))
	require.NoError(t, os.Symlink(elsewhere, l.logsDir()))
	for range 2 {
		require.NoError(t, l.make(os.Getgid()))
		for dir, mode := range map[string]os.FileMode{
			l.workerDir(): 0o750, l.secretsDir(): 0o750, l.identityDir(): 0o750, l.logsDir(): 0o770, l.gatewayDir(): 0o770,
		} {
			info, err := os.Lstat(dir)
			require.NoError(t, err)
			require.True(t, info.IsDir(), dir)
			if os.Getgid() != 0 {
				assert.Equal(t, mode, info.Mode().Perm(), dir)
			}
			assert.Zero(t, info.Mode().Perm()&^mode, dir)
		}
		info, err := os.Stat(elsewhere)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o700), info.Mode().Perm(), "nothing has become of where the links led")
	}
}
