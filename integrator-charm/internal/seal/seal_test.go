package seal_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/seal"
)

func TestWhatIsSealedIsForItsKeyAndPurposeAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.key")
	key, err := seal.Open(path, "all is lost")
	require.NoError(t, err)
	again, err := seal.Open(path, "all is lost")
	require.NoError(t, err)
	other, err := seal.New(make([]byte, seal.Size))
	require.NoError(t, err)

	sealed := key.Seal("hunter2", "a")
	assert.NotContains(t, string(sealed), "hunter2")
	text, err := again.Unseal(sealed, "a")
	require.NoError(t, err)
	assert.Equal(t, "hunter2", text)
	_, err = key.Unseal(sealed, "b")
	require.Error(t, err)
	_, err = other.Unseal(sealed, "a")
	require.Error(t, err)
	assert.Equal(t, key.Mark("hunter2", 8), again.Mark("hunter2", 8))
	assert.NotEqual(t, key.Mark("hunter2", 8), other.Mark("hunter2", 8))
}

func TestAKeyIsForItsOwnerAloneAndAHalfOneIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.key")
	_, err := seal.Open(path, "")
	require.NoError(t, err)
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.NoError(t, os.WriteFile(path, []byte("half"), 0o600))
	_, err = seal.Open(path, "all is lost")
	require.ErrorContains(t, err, path+" has none; without it (move it away) all is lost")
}
