package disk

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) { os.Exit(Main(m)) }

func TestAFullDiskTakesNothingUntilThereIsRoom(t *testing.T) {
	t.Parallel()
	d := New(t, 1<<20)
	file := filepath.Join(d.Path, "file")
	require.NoError(t, os.WriteFile(file, []byte("first"), 0o600))
	require.NoError(t, d.Fill(0))
	room, err := d.Room()
	require.NoError(t, err)
	assert.Zero(t, room)
	require.ErrorIs(t, os.WriteFile(filepath.Join(d.Path, "more"), make([]byte, 1), 0o600), syscall.ENOSPC)
	kept, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, "first", string(kept))
	require.NoError(t, d.Free())
	require.NoError(t, os.WriteFile(file, make([]byte, 900<<10), 0o600))
}

func TestSomeRoomMayBeLeft(t *testing.T) {
	t.Parallel()
	d := New(t, 1<<20)
	require.NoError(t, d.Fill(64<<10))
	room, err := d.Room()
	require.NoError(t, err)
	assert.EqualValues(t, 64<<10, room)
	require.NoError(t, os.WriteFile(filepath.Join(d.Path, "file"), make([]byte, 60<<10), 0o600))
	require.NoError(t, d.Fill(0), "what is left may be taken, too")
}

func TestADiskHidesWhatIsBelowItAndGivesItBack(t *testing.T) {
	t.Parallel()
	New(t, 4096) // skips
	below := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(below, "file"), nil, 0o600))
	d := &Disk{Path: below}
	require.NoError(t, d.Mount(4096))
	assert.NoFileExists(t, filepath.Join(below, "file"))
	require.NoError(t, d.Unmount())
	assert.FileExists(t, filepath.Join(below, "file"))
}
