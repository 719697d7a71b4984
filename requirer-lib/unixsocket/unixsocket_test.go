//go:build linux

package unixsocket_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/unixsocket"
)

func TestASocketIsReachedWhateverThePathsLength(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"short", strings.Repeat("long", 30)} {
		path := filepath.Join(t.TempDir(), name, "s")
		require.NoError(t, os.Mkdir(filepath.Dir(path), 0o700))
		listener := open(t, path)
		connection, err := unixsocket.Dial(t.Context(), path)
		require.NoError(t, err)
		require.NoError(t, connection.Close())
		require.NoError(t, listener.Close())
	}
}

func TestASocketHasJustItsModeAndTakesThePlaceOfADeadOne(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	require.NoError(t, open(t, path).Close())
	require.FileExists(t, path, "it stays: a successor's could be there")
	defer open(t, path).Close()
	found, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o660), found.Mode().Perm())
}

func TestWhatIsNoSocketIsNotReplaced(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	require.NoError(t, os.WriteFile(path, []byte("kept"), 0o600))
	_, err := unixsocket.Listen(t.Context(), path, 0o600)
	require.ErrorContains(t, err, "something else in its place")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "kept", string(text))
}

func open(t *testing.T, path string) net.Listener {
	t.Helper()
	listener, err := unixsocket.Listen(t.Context(), path, 0o660)
	require.NoError(t, err)
	return listener
}
