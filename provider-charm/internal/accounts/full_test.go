package accounts

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestASetIsWrittenOverALongerOneWhereThereIsNoRoom(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "accounts.json")
	hash, err := HashPassword(GeneratePassword())
	require.NoError(t, err)
	two := Set{{Username: "relation-1", Relation: 1, Hash: hash}, {Username: "relation-10", Relation: 10, Hash: hash}}
	require.NoError(t, two.WriteFile(path))
	one, err := two[1:].Encode()
	require.NoError(t, err)
	require.NoError(t, overwrite(path, one))
	read, err := ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, two[1:], read, "who was to be shut out is")
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.EqualValues(t, len(one), info.Size())

	require.ErrorIs(t, overwrite(path, []byte(strings.Repeat(" ", len(one)+1))), syscall.ENOSPC)
	again, err := ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, read, again)
}
