package source

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const deadline = 10 * time.Second

// place lays out a directory as something that deploys a file does, and can put another version in the file's place.
type place struct {
	name string
	path func(dir string) string
	put  func(t *testing.T, dir, text string)
}

// places are the ways in which a file changes under whoever reads it.
var places = []place{
	{"written in place", inDirectory, func(t *testing.T, dir, text string) {
		require.NoError(t, os.WriteFile(inDirectory(dir), []byte(text), 0o600))
	}},
	{"renamed into its place", inDirectory, func(t *testing.T, dir, text string) {
		beside := filepath.Join(dir, "state.yaml.new")
		require.NoError(t, os.WriteFile(beside, []byte(text), 0o600))
		require.NoError(t, os.Rename(beside, inDirectory(dir)))
	}},
	{"removed and written again", inDirectory, func(t *testing.T, dir, text string) {
		_ = os.Remove(inDirectory(dir))
		require.NoError(t, os.WriteFile(inDirectory(dir), []byte(text), 0o600))
	}},
	{"a mounted ConfigMap", inDirectory, func(t *testing.T, dir, text string) {
		version, err := os.MkdirTemp(dir, "..version")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(inDirectory(version), []byte(text), 0o600))
		require.NoError(t, os.Symlink(filepath.Base(version), filepath.Join(dir, "..data_tmp")))
		require.NoError(t, os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")))
		if _, err := os.Lstat(inDirectory(dir)); err != nil {
			require.NoError(t, os.Symlink("..data/state.yaml", inDirectory(dir)))
		}
	}},
	{"in a release that a link names", inRelease, func(t *testing.T, dir, text string) {
		release, err := os.MkdirTemp(t.TempDir(), "release")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(inDirectory(release), []byte(text), 0o600))
		require.NoError(t, os.Symlink(release, filepath.Join(dir, "next")))
		require.NoError(t, os.Rename(filepath.Join(dir, "next"), filepath.Join(dir, "current")))
	}},
	{"in a directory that is replaced", inRelease, func(t *testing.T, dir, text string) {
		next, err := os.MkdirTemp(dir, "next")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(inDirectory(next), []byte(text), 0o600))
		require.NoError(t, os.RemoveAll(filepath.Join(dir, "current")))
		require.NoError(t, os.Rename(next, filepath.Join(dir, "current")))
	}},
}

func inDirectory(dir string) string { return filepath.Join(dir, "state.yaml") }

func inRelease(dir string) string { return filepath.Join(dir, "current", "state.yaml") }

func TestAFileIsSeenToChangeHoweverItIsReplaced(t *testing.T) {
	t.Parallel()
	for _, how := range places {
		t.Run(how.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			watched, err := Parse(how.path(dir), Options{Limits: Limits{Settle: time.Millisecond}})
			require.NoError(t, err)
			ctx, cancel := context.WithTimeout(t.Context(), deadline)
			defer cancel()
			changes, ended := make(chan struct{}, 1), make(chan error, 1)
			go func() { ended <- watched.(Watcher).Watch(ctx, func() { notify(changes) }) }()

			var have Revision
			for _, text := range []string{"connectors: [1]", "connectors: [2]", "connectors: [3]"} {
				how.put(t, dir, text)
				document := awaitChange(ctx, t, watched, have, changes)
				assert.Equal(t, text, string(document.Data))
				have = document.Revision
			}
			cancel()
			require.NoError(t, <-ended)
		})
	}
}

func notify(changes chan<- struct{}) {
	select {
	case changes <- struct{}{}:
	default:
	}
}

// awaitChange fetches only when the watch says so.
func awaitChange(ctx context.Context, t *testing.T, from Source, have Revision, changes <-chan struct{}) Document {
	t.Helper()
	for {
		select {
		case <-changes:
		case <-ctx.Done():
			t.Fatal("the watch did not tell of the change")
		}
		if document, err := from.Fetch(ctx, have); err == nil {
			return document
		}
	}
}

func fileKind(*testing.T) func(t *testing.T) *stand {
	return func(t *testing.T) *stand {
		dir := t.TempDir()
		path := inDirectory(dir)
		return &stand{
			address: path,
			put:     func(t *testing.T, text string) { require.NoError(t, os.WriteFile(path, []byte(text), 0o600)) },
			remove:  func(t *testing.T) { require.NoError(t, os.Remove(path)) },
		}
	}
}
