package jujutest_test

import (
	"archive/zip"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
)

// pack makes a charm archive; names that end in a slash are directories, contents that begin with "->" links.
func pack(t *testing.T, files map[string]string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.charm")
	file, err := os.Create(path)
	require.NoError(t, err)
	archive := zip.NewWriter(file)
	for name, content := range files {
		header := &zip.FileHeader{Name: name, Method: zip.Deflate}
		header.SetMode(0o755)
		if target, ok := cutPrefix(content, "->"); ok {
			header.SetMode(os.ModeSymlink | 0o777)
			content = target
		}
		entry, err := archive.CreateHeader(header)
		require.NoError(t, err)
		_, err = entry.Write([]byte(content))
		require.NoError(t, err)
	}
	require.NoError(t, archive.Close())
	require.NoError(t, file.Close())
	return path
}

func cutPrefix(text, prefix string) (string, bool) {
	if len(text) >= len(prefix) && text[:len(prefix)] == prefix {
		return text[len(prefix):], true
	}
	return text, false
}

func TestAPackedCharmRunsWithItsOldStyleMetadata(t *testing.T) {
	t.Parallel()
	m := newModel(t, jujutest.Options{})
	path := pack(t, map[string]string{
		"metadata.yaml": "name: packed\n",
		"config.yaml":   "options: {word: {type: string, default: hello}}\n",
		"actions.yaml":  "greet: {}\n",
		"bin/run":       "#!/bin/sh\nstatus-set active \"$(config-get word)\"\n",
		"dispatch":      "->bin/run",
	})
	deploy(t, m, "packed", jujutest.FromArchive(path), jujutest.DeployOptions{})
	settle(t, m)
	info, _ := m.StatusOf("packed/0")
	assert.Equal(t, "hello", info.Message)
	result, err := m.RunAction(deadline(t), "packed/0", "greet", nil)
	require.NoError(t, err)
	assert.Equal(t, "completed", result.Status)
}

func TestAnArchiveCannotWriteOutsideItsCharm(t *testing.T) {
	t.Parallel()
	m := newModel(t, jujutest.Options{})
	for problem, files := range map[string]map[string]string{
		`the name "../evil" leads out of it`:                 {"metadata.yaml": "name: evil\n", "../evil": "x"},
		`its link to "../../../evil" leads out of the charm`: {"metadata.yaml": "name: evil\n", "a/link": "->../../../evil"},
	} {
		err := m.Deploy("evil", jujutest.FromArchive(pack(t, files)), jujutest.DeployOptions{})
		assert.ErrorContains(t, err, problem)
	}
}

func TestACharmWithoutDispatchRunsTheHooksThatItHas(t *testing.T) {
	t.Parallel()
	m := newModel(t, jujutest.Options{})
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "hooks"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "metadata.yaml"), []byte("name: old\n"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "hooks/start"), []byte("#!/bin/sh\nstatus-set active old\n"), 0o755))
	deploy(t, m, "old", jujutest.FromDir(dir), jujutest.DeployOptions{})
	settle(t, m)
	assert.True(t, lastRun(t, m, "old/0", "install").Skipped)
	info, _ := m.StatusOf("old/0")
	assert.Equal(t, "old", info.Message)
}

func TestUnitsDoNotShareTheirCharmDirectories(t *testing.T) {
	t.Parallel()
	m := newModel(t, jujutest.Options{})
	deploy(t, m, "client", charmDir(t, clientMetadata, `echo $JUJU_UNIT_NAME > mine`), jujutest.DeployOptions{Units: 2})
	settle(t, m)
	for _, name := range m.Units("client") {
		unit, err := m.Unit(name)
		require.NoError(t, err)
		text, err := os.ReadFile(filepath.Join(unit.CharmDir, "mine"))
		require.NoError(t, err)
		assert.Equal(t, name+"\n", string(text))
	}
}

func TestAFunctionThatEndsItsGoroutineFailsItsHook(t *testing.T) {
	t.Parallel()
	m := newModel(t, jujutest.Options{HookRetries: -1})
	quits := jujutest.FromFunc([]byte("name: quits\n"), func(context.Context, *hook.Hook) error {
		runtime.Goexit() // what t.FailNow does
		return nil
	})
	require.NoError(t, m.Deploy("quits", quits, jujutest.DeployOptions{}))
	require.ErrorContains(t, m.Settle(t.Context()), "ended its goroutine")
}

func TestACharmMayBeMadeOfLinksToItsParts(t *testing.T) {
	t.Parallel()
	parts, dir := t.TempDir(), t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(parts, "bin", "more"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(parts, "bin", "more", "run"), []byte("#!/bin/sh\nstatus-set active linked\n"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "metadata.yaml"), []byte("name: linked\n"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "dispatch"), []byte("#!/bin/sh\nexec bin/more/run\n"), 0o755))
	require.NoError(t, os.Symlink(filepath.Join(parts, "bin"), filepath.Join(dir, "bin")))
	m := newModel(t, jujutest.Options{})
	deploy(t, m, "linked", jujutest.FromDir(dir), jujutest.DeployOptions{})
	settle(t, m)
	info, _ := m.StatusOf("linked/0")
	assert.Equal(t, "linked", info.Message)
}
