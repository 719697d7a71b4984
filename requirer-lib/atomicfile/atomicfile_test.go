package atomicfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/atomicfile"
)

func TestAFileIsReplacedWithItsMode(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "f")
	require.NoError(t, os.WriteFile(path, []byte("a longer old content"), 0o644))
	require.NoError(t, atomicfile.Write(path, []byte("new"), 0o600))
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "new", string(content))
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode())
}

func TestAFailureLeavesTheOldFileAndNothingElse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	require.NoError(t, os.Mkdir(path, 0o755)) // a directory cannot be replaced by a file
	require.ErrorContains(t, atomicfile.Write(path, []byte("new"), 0o600), "cannot write "+path)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 1)
	assert.ErrorContains(t, atomicfile.Write(filepath.Join(dir, "none", "f"), nil, 0o600), "cannot write")
}
