package source

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const deadline = time.Minute

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

// In the two tests that follow, the clock is a bubble's: a file's time of change is far ahead of it, so only two readings that are the
// same make a document.

func TestAFileThatIsBeingWrittenIsWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path := inDirectory(t.TempDir())
		writer, err := os.Create(path)
		require.NoError(t, err)
		go func() {
			defer writer.Close()
			for _, letter := range first {
				_, _ = writer.WriteString(string(letter))
				time.Sleep(usualLimits.Settle / 2)
			}
		}()
		from, err := Parse(path, Options{})
		require.NoError(t, err)
		document, err := from.Fetch(t.Context(), "")
		require.NoError(t, err)
		assert.Equal(t, first, string(document.Data))
	})
}

func TestAFileThatIsWrittenAllTheTimeIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path := inDirectory(t.TempDir())
		require.NoError(t, os.WriteFile(path, []byte(first), 0o600))
		var writer sync.WaitGroup
		defer writer.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		writer.Go(func() {
			for number := 0; ctx.Err() == nil; number++ {
				_ = os.WriteFile(path, []byte(first+strconv.Itoa(number)), 0o600)
				time.Sleep(usualLimits.Settle / 2)
			}
		})
		from, err := Parse(path, Options{})
		require.NoError(t, err)
		_, err = from.Fetch(t.Context(), "")
		(&stand{}).failsFor(t, err, Unfinished)
	})
}

func TestAFileThatWasLeftAloneIsReadAtOnce(t *testing.T) {
	t.Parallel()
	path := inDirectory(t.TempDir())
	require.NoError(t, os.WriteFile(path, []byte(first), 0o600))
	before := time.Now().Add(-time.Hour)
	require.NoError(t, os.Chtimes(path, before, before))
	from, err := Parse(path, Options{Limits: Limits{Settle: time.Hour}})
	require.NoError(t, err)
	_, err = from.Fetch(t.Context(), "")
	require.NoError(t, err)
}

func TestAPipeIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	path := inDirectory(t.TempDir())
	require.NoError(t, syscall.Mkfifo(path, 0o600))
	writer, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	defer writer.Close()
	from, err := Parse(path, Options{})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := from.Fetch(ctx, "")
		ended <- err
	}()
	_, err = writer.WriteString(first)
	require.NoError(t, err)
	cancel() // nobody closes it
	var failure *Error
	require.ErrorAs(t, <-ended, &failure)
	assert.Equal(t, Ended, failure.Reason)

	reader, output, err := os.Pipe()
	require.NoError(t, err)
	defer reader.Close()
	_, err = output.WriteString(second)
	require.NoError(t, err)
	require.NoError(t, output.Close())
	from, err = Parse(fmt.Sprintf("/dev/fd/%d", reader.Fd()), Options{})
	require.NoError(t, err)
	document, err := from.Fetch(t.Context(), "")
	require.NoError(t, err)
	assert.Equal(t, second, string(document.Data))
}

func TestAFileThatCannotBeReadSaysWhy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.Symlink("circle", filepath.Join(dir, "circle")))
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, []byte(first), 0o600))
	for path, expected := range map[string]struct {
		reason  Reason
		message string
	}{
		dir:                            {BadAddress, "is a directory; name the file in it"},
		"/dev/zero":                    {BadAddress, "is neither a file nor a pipe"},
		filepath.Join(dir, "missing"):  {Gone, "there is no such file"},
		filepath.Join(dir, "circle"):   {Unreachable, "cannot be read: too many levels of symbolic links"},
		filepath.Join(file, "in-file"): {Unreachable, "cannot be read: not a directory"},
	} {
		from, err := Parse(path, Options{Limits: Limits{Pause: time.Millisecond}})
		require.NoError(t, err)
		_, err = from.Fetch(t.Context(), "")
		var failure *Error
		require.ErrorAs(t, err, &failure)
		assert.Equal(t, expected.reason, failure.Reason, path)
		assert.Equal(t, path+": "+expected.message, err.Error())
	}
}

func TestOtherFilesInADirectoryDoNotMatter(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	watched, err := Parse(inDirectory(dir), Options{})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	changes, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- watched.(Watcher).Watch(ctx, func() { changes <- struct{}{} }) }()
	<-changes // it watches
	for number := range 100 {
		require.NoError(t, os.WriteFile(filepath.Join(dir, strconv.Itoa(number)), nil, 0o600))
	}
	require.NoError(t, os.Mkdir(inDirectory(dir), 0o700))
	<-changes // one for what matters, whatever came before
	select {
	case <-changes:
		t.Error("another file was told of")
	default:
	}
	cancel()
	require.NoError(t, <-ended)
}
