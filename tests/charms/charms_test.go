package charms

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

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

	for _, gone := range []string{"bin/program", "actions.yaml", "licenses/old/LICENSE"} {
		assert.NoFileExists(t, filepath.Join(dir, gone))
	}
	after, err := os.Stat(filepath.Join(dir, "same"))
	require.NoError(t, err)
	assert.True(t, os.SameFile(before, after), "a file that stays the same is not replaced")
	script, err := os.Stat(filepath.Join(dir, "dispatch"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o755), script.Mode())
}

// Tests of other packages build the charms while units run them. A unit has a big file as a hard link, and takes a program with another
// time for another program, for which it restarts what runs.
func TestACharmThatIsBuiltAgainIsLeftAsItIs(t *testing.T) {
	charm := recipe[0]
	dir := filepath.Join(filepath.Dir(packed(t, "amd64")[charm.name].Path), "unpacked/amd64", charm.name)
	before := timesIn(t, dir)
	require.Contains(t, before, "bin/kafka-connect")
	root, err := Repository()
	require.NoError(t, err)
	project, err := charm.project(root)
	require.NoError(t, err)
	_, err = charm.build(t.Context(), root, project, dir, machine{"linux", "amd64"})
	require.NoError(t, err)
	assert.Equal(t, before, timesIn(t, dir))
}

// timesIn is when each file of a directory was last written.
func timesIn(t *testing.T, dir string) map[string]time.Time {
	t.Helper()
	times := map[string]time.Time{}
	require.NoError(t, fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			times[name] = info.ModTime()
		}
		return err
	}))
	return times
}

func TestAModuleWithoutALicenceDoesNotGoIntoACharm(t *testing.T) {
	t.Parallel()
	unknown := module{Path: "example.org/unknown", Version: "v1.0.0", dir: t.TempDir()}
	err := addLicences(files{}, "sample", []module{unknown})
	assert.ErrorContains(t, err, "example.org/unknown@v1.0.0 has no licence file")
}
