package supervisor

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestSystemctlIsCalledOnlyForWhatDiffers holds the order of calls; that systemd does as it is told is shown on a real
// machine, by the integration tests.
func TestSystemctlIsCalledOnlyForWhatDiffers(t *testing.T) {
	t.Parallel()
	var calls []string
	active := false
	s := newSystemd("kafka-connect-0-pebble", "/charm/bin/pebble", "/data/pebble")
	s.units = t.TempDir()
	s.command = func(args ...string) error {
		switch args[0] {
		case "is-active":
			if !active {
				return errors.New("exit status 3")
			}
			return nil
		case "enable":
			active = true
		case "disable":
			active = false
		}
		calls = append(calls, strings.Join(args, " "))
		return nil
	}
	started, err := s.Start()
	require.NoError(t, err)
	assert.True(t, started)
	assert.Equal(t, []string{"daemon-reload", "enable --now --quiet kafka-connect-0-pebble.service"}, calls)
	unit, err := os.ReadFile(filepath.Join(s.units, "kafka-connect-0-pebble.service"))
	require.NoError(t, err)
	for _, line := range []string{"ExecStart=/charm/bin/pebble run --create-dirs", "Environment=PEBBLE=/data/pebble HOME=/data/pebble LANG=C.UTF-8 PEBBLE_PERSIST=never", "KillMode=mixed"} {
		assert.Contains(t, strings.Split(string(unit), "\n"), line)
	}

	calls = nil
	started, err = s.Start()
	require.NoError(t, err)
	assert.False(t, started)
	assert.Empty(t, calls, "it runs as it should")

	active = false
	_, err = s.Start()
	require.NoError(t, err)
	assert.Equal(t, []string{"enable --now --quiet kafka-connect-0-pebble.service"}, calls)

	calls = nil
	require.NoError(t, s.Stop(t.Context(), 0))
	assert.Equal(t, []string{"disable --now --quiet kafka-connect-0-pebble.service", "daemon-reload"}, calls)
	assert.NoFileExists(t, filepath.Join(s.units, "kafka-connect-0-pebble.service"))
	require.NoError(t, s.Stop(t.Context(), 0), "twice is no error")
}
