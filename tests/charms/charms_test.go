package charms

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestADirectoryIsMadeToHoldTheFilesAndNoOthers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, files{"bin/program": {}, "actions.yaml": []byte("old"), "same": []byte("same"), "licenses/old/LICENSE": {}}.write(dir))
	before, err := os.Stat(filepath.Join(dir, "same"))
	require.NoError(t, err)

	require.NoError(t, files{"dispatch": []byte("new"), "same": []byte("same")}.write(dir))

	for _, gone := range []string{"actions.yaml", "licenses/old/LICENSE"} {
		assert.NoFileExists(t, filepath.Join(dir, gone))
	}
	assert.FileExists(t, filepath.Join(dir, "bin/program"), "programs are Go's to build")
	after, err := os.Stat(filepath.Join(dir, "same"))
	require.NoError(t, err)
	assert.True(t, os.SameFile(before, after), "a file that stays the same is not replaced")
	script, err := os.Stat(filepath.Join(dir, "dispatch"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o755), script.Mode())
}

func TestAModuleWithoutALicenceDoesNotGoIntoACharm(t *testing.T) {
	t.Parallel()
	unknown := module{Path: "example.org/unknown", Version: "v1.0.0", dir: t.TempDir()}
	err := addLicences(files{}, "sample", []module{unknown})
	assert.ErrorContains(t, err, "example.org/unknown@v1.0.0 has no licence file")
}
