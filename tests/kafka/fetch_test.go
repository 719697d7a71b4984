package kafka_test

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/tests/kafka"
)

// fetched returns a runtime from this machine's cache, which is filled where it is empty.
func fetched(t *testing.T, version string) *kafka.Runtime {
	t.Helper()
	if testing.Short() {
		t.Skip("runs real Kafka, which -short leaves out")
	}
	runtime, err := kafka.Fetch(t.Context(), version, t.Output())
	require.NoError(t, err)
	return runtime
}

// Not parallel: it changes PATH.
func TestSecondFetchNeedsNeitherNetworkNorTools(t *testing.T) {
	first := fetched(t, "")
	t.Setenv("PATH", t.TempDir())
	t.Setenv("JAVA_HOME", "")

	second, err := kafka.Fetch(t.Context(), kafka.DefaultVersion, nil)
	require.NoError(t, err)
	assert.Equal(t, first, second)
}

// Not parallel: it changes PATH.
func TestFirstFetchNamesTheMissingTool(t *testing.T) {
	tools := t.TempDir()
	t.Setenv("PATH", tools)
	t.Setenv("JAVA_HOME", "")
	t.Setenv("KAFKA_CONNECT_CHARMS_CACHE", t.TempDir())

	_, err := kafka.Fetch(t.Context(), "", nil)
	require.ErrorContains(t, err, "mvn is missing: install it (apt-get install maven openjdk-17-jre-headless)")

	require.NoError(t, os.WriteFile(filepath.Join(tools, "mvn"), []byte("#!/bin/sh\n"), 0o755))
	_, err = kafka.Fetch(t.Context(), "", nil)
	require.ErrorContains(t, err, "java is missing: install it (apt-get install maven openjdk-17-jre-headless), or set JAVA_HOME")

	t.Setenv("JAVA_HOME", "/nowhere")
	_, err = kafka.Fetch(t.Context(), "", nil)
	require.ErrorContains(t, err, "JAVA_HOME is /nowhere, and no java is there")
}

// Not parallel: it changes PATH.
func TestFailedDownloadSaysWhatMavenSaidAndLeavesNothing(t *testing.T) {
	tools, cache := t.TempDir(), t.TempDir()
	t.Setenv("PATH", tools)
	t.Setenv("JAVA_HOME", "")
	t.Setenv("KAFKA_CONNECT_CHARMS_CACHE", cache)
	for name, script := range map[string]string{"mvn": "#!/bin/sh\necho 'the network is unreachable'\nexit 1\n", "java": "#!/bin/sh\n"} {
		require.NoError(t, os.WriteFile(filepath.Join(tools, name), []byte(script), 0o755))
	}
	_, err := kafka.Fetch(t.Context(), "", nil)
	require.ErrorContains(t, err, "exit status 1")
	require.ErrorContains(t, err, "the network is unreachable")

	left, err := filepath.Glob(filepath.Join(cache, "*"))
	require.NoError(t, err)
	require.Len(t, left, 1)
	assert.Equal(t, ".lock", filepath.Ext(left[0]))
}

// Not parallel: it changes PATH. The stand-in counts and passes on to the real mvn.
func TestFetchesAtTheSameTimeDownloadOnce(t *testing.T) {
	fetched(t, "") // Maven has the jars, so what follows is fast.
	mvn, err := exec.LookPath("mvn")
	require.NoError(t, err)
	tools, cache := t.TempDir(), t.TempDir()
	calls := filepath.Join(tools, "calls")
	counting := fmt.Sprintf("#!/bin/sh\necho called >>%q\nexec %q \"$@\"\n", calls, mvn)
	require.NoError(t, os.WriteFile(filepath.Join(tools, "mvn"), []byte(counting), 0o755))
	t.Setenv("PATH", tools+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv("KAFKA_CONNECT_CHARMS_CACHE", cache)

	var fetches sync.WaitGroup
	for range 4 {
		fetches.Go(func() {
			runtime, err := kafka.Fetch(t.Context(), "", nil)
			if assert.NoError(t, err) {
				assert.FileExists(t, runtime.Archive)
			}
		})
	}
	fetches.Wait()
	called, err := os.ReadFile(calls)
	require.NoError(t, err)
	assert.Equal(t, "called\n", string(called))
	left, err := filepath.Glob(filepath.Join(cache, "*"))
	require.NoError(t, err)
	assert.Len(t, left, 2, "the runtime and its lock: %v", left)
}

func TestFetchRefusesAnUnknownVersion(t *testing.T) {
	t.Parallel()
	_, err := kafka.Fetch(t.Context(), "2.8.0", nil)
	require.EqualError(t, err, `version "2.8.0" of Kafka is not known here: take one of 3.9.1, 4.3.1`)
}

func TestArchiveIsLaidOutLikeTheApacheDistribution(t *testing.T) {
	t.Parallel()
	for _, version := range kafka.Versions() {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			runtime := fetched(t, version)
			members := list(t, runtime.Archive)
			folder := "kafka_2.13-" + version + "/"
			for name, header := range members {
				assert.True(t, strings.HasPrefix(name, folder), name)
				assert.Equal(t, time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC), header.ModTime.UTC(), name)
			}
			for _, name := range []string{
				"LICENSE", "NOTICE", "bin/connect-distributed.sh", "bin/kafka-server-start.sh",
				"libs/connect-runtime-" + version + ".jar", "libs/connect-mirror-" + version + ".jar", "libs/kafka_2.13-" + version + ".jar",
			} {
				assert.Contains(t, members, folder+name)
			}
			assert.Equal(t, int64(0o755), members[folder+"bin/connect-distributed.sh"].Mode)
			assert.Equal(t, int64(0o644), members[folder+"LICENSE"].Mode)
			assert.NotContains(t, members, folder+"libs/connect-file-"+version+".jar", "the demo downloads it as a plugin")
			assert.Less(t, sizeOf(t, runtime.Archive), int64(56<<20))
		})
	}
}

func TestFilePluginIsOneFolderWithTheJar(t *testing.T) {
	t.Parallel()
	runtime := fetched(t, "")
	var names []string
	for name := range list(t, runtime.FilePlugin) {
		names = append(names, name)
	}
	assert.ElementsMatch(t, []string{"connect-file-4.3.1/", "connect-file-4.3.1/connect-file-4.3.1.jar"}, names)
}

// list returns the members of a tar.gz by name.
func list(t *testing.T, archive string) map[string]*tar.Header {
	t.Helper()
	members := map[string]*tar.Header{}
	read(t, archive, func(header *tar.Header, _ io.Reader) { members[header.Name] = header })
	return members
}

// unpack writes a tar.gz of regular files below a directory.
func unpack(t *testing.T, archive, dir string) {
	t.Helper()
	read(t, archive, func(header *tar.Header, content io.Reader) {
		if header.Typeflag != tar.TypeReg {
			return
		}
		to := filepath.Join(dir, filepath.FromSlash(path.Clean("/"+header.Name)))
		require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o755))
		bytes, err := io.ReadAll(content)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(to, bytes, header.FileInfo().Mode()))
	})
}

func read(t *testing.T, archive string, each func(*tar.Header, io.Reader)) {
	t.Helper()
	file, err := os.Open(archive)
	require.NoError(t, err)
	defer file.Close()
	plain, err := gzip.NewReader(file)
	require.NoError(t, err)
	members := tar.NewReader(plain)
	for {
		header, err := members.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err)
		each(header, members)
	}
}

func sizeOf(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	require.NoError(t, err)
	return info.Size()
}

func TestJMXExporterIsFetchedOnce(t *testing.T) {
	t.Parallel()
	fetched(t, "")
	jar, err := kafka.FetchJMXExporter(t.Context(), t.Output())
	require.NoError(t, err)
	assert.FileExists(t, jar)
	again, err := kafka.FetchJMXExporter(t.Context(), nil)
	require.NoError(t, err)
	assert.Equal(t, jar, again)
}
