package secretfiles_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/secretfiles"
	"connectcharms/requirer-lib/connectorsecrets"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/secret"
)

func content(version int64, files map[string]string) connectorsecrets.Content {
	all := connectorsecrets.Content{Version: version, Files: map[string]secret.Value{}}
	for name, value := range files {
		all.Files[name] = secret.New(value)
	}
	return all
}

// on is all that is on the disk.
func on(t *testing.T, store secretfiles.Store) map[string]string {
	t.Helper()
	files := map[string]string{}
	require.NoError(t, fs.WalkDir(os.DirFS(string(store)), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(string(store), path))
		files[path] = string(text)
		return err
	}))
	return files
}

func TestAContentIsWhatARelationHas(t *testing.T) {
	t.Parallel()
	store := secretfiles.Store(t.TempDir())
	_, written, err := store.Read(7)
	require.NoError(t, err)
	assert.False(t, written)

	for _, wanted := range []connectorsecrets.Content{
		content(0, nil),
		content(1, map[string]string{"a.v1": "one", "b": "two\n"}),
		content(2, map[string]string{"a.v1": "one", "a.v2": "three", "b": ""}),
		content(3, map[string]string{"a.v2": "three"}),
	} {
		require.NoError(t, store.Write(7, wanted))
		have, written, err := store.Read(7)
		require.NoError(t, err)
		assert.True(t, written)
		assert.Equal(t, wanted, have)
	}
	require.NoError(t, store.Write(70, content(9, map[string]string{"a.v2": "of 70"})))
	assert.Equal(t, map[string]string{
		"relation-7/.version": "3", "relation-7/a.v2": "three", "relation-70/.version": "9", "relation-70/a.v2": "of 70",
	}, on(t, store))

	relations, err := store.Relations()
	require.NoError(t, err)
	assert.Equal(t, []hook.RelationID{7, 70}, relations)
	require.NoError(t, store.Remove(7))
	require.NoError(t, store.Remove(7), "it is gone already")
	assert.Equal(t, map[string]string{"relation-70/.version": "9", "relation-70/a.v2": "of 70"}, on(t, store))
}

func TestOnlyTheGroupReadsTheFiles(t *testing.T) {
	t.Parallel()
	store := secretfiles.Store(t.TempDir())
	require.NoError(t, store.Write(7, content(1, map[string]string{"a": "v"})))
	for path, mode := range map[string]fs.FileMode{"relation-7": 0o750, "relation-7/a": 0o640, "relation-7/.version": 0o640} {
		info, err := os.Stat(filepath.Join(string(store), path))
		require.NoError(t, err)
		assert.Equal(t, mode, info.Mode().Perm(), path)
	}
}

// TestTheFilesAreOfTheDirectorysGroup is how they are the worker's, which runs as that group, where the charm is root.
func TestTheFilesAreOfTheDirectorysGroup(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root gives a directory to any group")
	}
	const group = 12345
	store := secretfiles.Store(t.TempDir())
	require.NoError(t, os.Chown(string(store), -1, group))
	require.NoError(t, os.Chmod(string(store), 0o770|fs.ModeSetgid))
	require.NoError(t, store.Write(7, content(1, map[string]string{"a": "v"})))
	for _, path := range []string{"relation-7", "relation-7/a", "relation-7/.version"} {
		info, err := os.Stat(filepath.Join(string(store), path))
		require.NoError(t, err)
		assert.Equal(t, uint32(group), info.Sys().(*syscall.Stat_t).Gid, path)
	}
}

// TestWhatWasLeftHalfwayIsMadeWhole stands for a unit that was killed at any point of a write.
func TestWhatWasLeftHalfwayIsMadeWhole(t *testing.T) {
	t.Parallel()
	wanted := content(2, map[string]string{"a": "new", "c": "v"})
	for name, damage := range map[string]map[string]string{
		"nothing but a directory":   {},
		"files and no version":      {"a": "new", ".c.123": "half"},
		"the version of before":     {"a": "new", "b": "old", "c": "v", ".version": "1"},
		"a version that is no text": {"a": "new", ".version": "\x00"},
		"a file that was changed":   {"a": "other", "c": "v", ".version": "2"},
		"a file that is gone":       {"a": "new", ".version": "2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := secretfiles.Store(t.TempDir())
			require.NoError(t, os.Mkdir(filepath.Join(string(store), "relation-7"), 0o750))
			for file, text := range damage {
				require.NoError(t, os.WriteFile(filepath.Join(string(store), "relation-7", file), []byte(text), 0o640))
			}
			have, _, err := store.Read(7)
			require.NoError(t, err)
			assert.NotEqual(t, wanted, have)
			require.NoError(t, store.Write(7, wanted))
			assert.Equal(t, map[string]string{"relation-7/.version": "2", "relation-7/a": "new", "relation-7/c": "v"}, on(t, store))
		})
	}
}

func TestNoNameLeadsOutOfTheDirectory(t *testing.T) {
	t.Parallel()
	store := secretfiles.Store(t.TempDir())
	for _, name := range []string{"../a", ".version", "a/b", "/etc/passwd"} {
		require.Error(t, store.Write(7, content(1, map[string]string{name: "v"})), name)
	}
	assert.Empty(t, on(t, store))
}

func TestTheNewFilesAreThereWhenTheVersionCannotBeWritten(t *testing.T) {
	t.Parallel()
	store := secretfiles.Store(t.TempDir())
	require.NoError(t, os.MkdirAll(filepath.Join(string(store), "relation-7", ".version", "in the way"), 0o750))
	require.Error(t, store.Write(7, content(2, map[string]string{"a": "v"})))
	_, _, err := store.Read(7)
	assert.Error(t, err, "nothing says that it is whole")
}

func TestThePlaceIsOfTheRelationAndLegalInTheContract(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "${connector-secrets:/proc/self/cwd/secrets/relation-7:a.v1}", secretfiles.Place(7).Reference("a.v1"))
	assert.Equal(t, "/w/secrets", secretfiles.In("/w"))
}
