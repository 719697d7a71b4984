package plugins

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func openStore(t testing.TB) *Store {
	t.Helper()
	store, err := Open(filepath.Join(t.TempDir(), "plugins"))
	require.NoError(t, err)
	return store
}

func serve(t testing.TB, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL + "/api/v1/plugin"
}

func serveBytes(t testing.TB, body []byte) string {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) })
}

func install(t *testing.T, store *Store, url string) (Installed, error) {
	t.Helper()
	return store.Install(t.Context(), Source{URL: url}, Limits{})
}

// requireFailure holds every failed installation to what callers rely on.
func requireFailure(t *testing.T, store *Store, err error, reason Reason) *InstallError {
	t.Helper()
	var failure *InstallError
	require.ErrorAs(t, err, &failure)
	message := failure.Error()
	assert.Equal(t, reason, failure.Reason, message)
	assert.LessOrEqual(t, utf8.RuneCountInString(message), 120, message)
	assert.False(t, strings.ContainsFunc(message, unicode.IsControl), "%q", message)
	requireNothingHalf(t, store)
	return failure
}

func requireNothingHalf(t *testing.T, store *Store) {
	t.Helper()
	left, err := os.ReadDir(store.incoming())
	require.NoError(t, err)
	assert.Empty(t, left)
	visible, err := os.ReadDir(store.Path())
	require.NoError(t, err)
	whole, err := store.Installed()
	require.NoError(t, err)
	assert.Len(t, visible, len(whole))
}

func TestInstallTakesAnArchiveHoweverItIsPackedAndSent(t *testing.T) {
	t.Parallel()
	plain := pluginTar(t)
	packed := gz(t, plain)
	for _, c := range []struct {
		name   string
		body   []byte
		header http.Header
	}{
		{"tar", plain, nil},
		{"tar.gz", packed, nil},
		{"tar.gz called HTML", packed, http.Header{"Content-Type": {"text/html"}}},
		{"tar.gz with bytes behind it", append(bytes.Clone(packed), "trailing"...), nil},
		{"tar with zeros behind it", append(bytes.Clone(plain), make([]byte, 20_000)...), nil},
		{"tar.gz in two members", append(gz(t, plain[:700]), gz(t, plain[700:])...), nil},
		{"tar.zst", zstdOf(t, plain), nil},
		{"tar.zst in two frames", append(zstdOf(t, plain[:700]), zstdOf(t, plain[700:])...), nil},
		{"tar.xz", xzOf(t, plain), nil},
		{"tar.xz in two streams, padded", append(append(xzOf(t, plain[:700]), xzOf(t, plain[700:])...), 0, 0, 0, 0), nil},
		{"zip", pluginZip(t), nil},
		{"zip called tar.gz", pluginZip(t), http.Header{"Content-Type": {"application/gzip"}}},
		{"zip the server gzip'd", gz(t, pluginZip(t)), http.Header{"Content-Encoding": {"gzip"}}},
		{"tar.zst the server gzip'd", gz(t, zstdOf(t, plain)), http.Header{"Content-Encoding": {"gzip"}}},
		{"tar the server gzip'd", packed, http.Header{"Content-Encoding": {"gzip"}}},
		{"tar.gz the server says it gzip'd", packed, http.Header{"Content-Encoding": {"x-gzip"}}},
		{"tar.gz the server gzip'd again", gz(t, packed), http.Header{"Content-Encoding": {"gzip"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			store := openStore(t)
			got, err := install(t, store, serve(t, func(w http.ResponseWriter, r *http.Request) {
				assert.Equal(t, "identity", r.Header.Get("Accept-Encoding"))
				for name, values := range c.header {
					w.Header()[name] = values
				}
				_, _ = w.Write(c.body)
			}))
			require.NoError(t, err)
			assert.Equal(t, sumOf(c.body), got.Digest)
			assert.Equal(t, pluginClasses, got.Classes)
			assert.Equal(t, filepath.Join(store.Path(), string(sumOf(c.body))), got.Dir)
			requireNothingHalf(t, store)
		})
	}
}

func TestInstallTakesABodyWithoutLength(t *testing.T) {
	t.Parallel()
	body := gz(t, pluginTar(t))
	t.Run("chunked", func(t *testing.T) {
		t.Parallel()
		got, err := install(t, openStore(t), serve(t, func(w http.ResponseWriter, _ *http.Request) {
			for chunk := range slices.Chunk(body, 100) {
				_, _ = w.Write(chunk)
				_ = http.NewResponseController(w).Flush()
			}
		}))
		require.NoError(t, err)
		assert.Equal(t, sumOf(body), got.Digest)
	})
	t.Run("until the connection ends", func(t *testing.T) {
		t.Parallel()
		got, err := install(t, openStore(t), serveRaw(t, "HTTP/1.0 200 OK\r\n\r\n"+string(body)))
		require.NoError(t, err)
		assert.Equal(t, sumOf(body), got.Digest)
	})
}

func TestInstallRefusesWhatIsNoPlugin(t *testing.T) {
	t.Parallel()
	for _, c := range badArchives(t) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			store := openStore(t)
			_, err := install(t, store, serveBytes(t, c.body))
			failure := requireFailure(t, store, err, c.reason)
			assert.Contains(t, failure.Error(), c.says)
			assert.False(t, failure.Temporary())
		})
	}
}

func TestInstallStopsAtItsLimits(t *testing.T) {
	t.Parallel()
	bomb := gz(t, tarOf(t, file("zeros.jar", make([]byte, 8<<20))))
	zeros := make([]byte, 64<<10)
	endless := func(start []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			_, err := w.Write(start)
			for err == nil {
				_, err = w.Write(zeros)
			}
		}
	}
	whole := func(body []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) }
	}
	for _, c := range []struct {
		name    string
		handler http.HandlerFunc
		limits  Limits
		says    string
	}{
		{"announced length", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "5000000000")
		}, Limits{}, "4.7 GiB, more than the limit of 1 GiB"},
		{"endless zeros", endless(nil), Limits{Download: 1 << 20}, "more than the limit of 1 MiB"},
		{"endless after the archive", endless(pluginTar(t)), Limits{Download: 1 << 20}, "more than the limit of 1 MiB"},
		{"endless after the gzip", endless(gz(t, pluginTar(t))), Limits{Download: 1 << 20}, "more than the limit of 1 MiB"},
		{"gzip bomb in a file", whole(bomb), Limits{Unpacked: 1 << 20}, "unpacked it is more than the limit of 1 MiB"},
		{"gzip bomb behind the archive", whole(gz(t, append(pluginTar(t), make([]byte, 8<<20)...))), Limits{Unpacked: 1 << 20}, "unpacked"},
		{"zip bomb", whole(zipOf(t, "zeros.jar", string(make([]byte, 8<<20)))), Limits{Unpacked: 1 << 20}, "unpacked it is more than the limit of 1 MiB"},
		{"zip of one file many times", whole(overlappingZip(t, 50, 100<<10)), Limits{Unpacked: 4 << 20}, "unpacked it is more than the limit of 4 MiB"},
		{"zip of many files", whole(zipOf(t, "a", "", "b", "", "c", "")), Limits{Files: 2}, "limit of 2 files"},
		{"zip of many implied directories", whole(zipOf(t, "a/b/c/d/e.jar", "")), Limits{Files: 4}, "limit of 4 files"},
		{"zstd bomb", whole(zstdOf(t, tarOf(t, file("zeros.jar", make([]byte, 8<<20))))), Limits{Unpacked: 1 << 20}, "unpacked"},
		{"xz bomb", whole(xzOf(t, tarOf(t, file("zeros.jar", make([]byte, 8<<20))))), Limits{Unpacked: 1 << 20}, "unpacked"},
		{"zstd that wants a gigabyte of memory", whole(zstdWindow(1 << 30)), Limits{}, "more memory than the limit of 128 MiB"},
		{"xz that wants a gigabyte of memory", whole(xzWindow(t)), Limits{}, "more memory than the limit of 128 MiB"},
		{"many files", whole(tarOf(t, file("a", nil), file("b", nil), file("c", nil))), Limits{Files: 2}, "limit of 2 files"},
		{"many implied directories", whole(tarOf(t, file("a/b/c/d/e.jar", nil))), Limits{Files: 4}, "limit of 4 files"},
		{"sparse file", whole(sparseTar(1 << 40)), Limits{}, "unpacked it is more than the limit of 2 GiB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			store := openStore(t)
			_, err := store.Install(t.Context(), Source{URL: serve(t, c.handler)}, c.limits)
			failure := requireFailure(t, store, err, TooLarge)
			assert.Contains(t, failure.Error(), c.says)
			assert.False(t, failure.Temporary())
		})
	}
}

func TestInstallKeepsOfAModeOnlyWhetherItRuns(t *testing.T) {
	t.Parallel()
	jar, script := sourceJar(t, "org.example.A"), file("bin/run.sh", []byte("#!/bin/sh\n"))
	jar.Mode, script.Mode = 0o6400, 0o7711
	got, err := install(t, openStore(t), serveBytes(t, tarOf(t, jar, script)))
	require.NoError(t, err)
	want := map[string]fs.FileMode{
		".": fs.ModeDir | 0o755, "bin": fs.ModeDir | 0o755, "plugin": fs.ModeDir | 0o755,
		"bin/run.sh": 0o755, "plugin/org.example.A.jar": 0o644, ".plugin.json": 0o644,
	}
	modes := map[string]fs.FileMode{}
	require.NoError(t, fs.WalkDir(os.DirFS(got.Dir), ".", func(path string, entry fs.DirEntry, err error) error {
		info, statErr := entry.Info()
		modes[path] = info.Mode()
		return errors.Join(err, statErr)
	}))
	assert.Equal(t, want, modes)
}

func TestAJarThatIsAllOfTheDownloadIsAPluginOfOneJar(t *testing.T) {
	t.Parallel()
	body := zipOf(t, "META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n", sourceService, "org.example.A", "org/example/A.class", "x")
	got, err := install(t, openStore(t), serveBytes(t, body))
	require.NoError(t, err)
	assert.Equal(t, sumOf(body), got.Digest)
	assert.Equal(t, []string{"org.example.A"}, got.Classes)
	jar, err := os.ReadFile(filepath.Join(got.Dir, "plugin.jar"))
	require.NoError(t, err)
	assert.Equal(t, body, jar)
}

func TestInstallTakesOnlyTheDigestAskedFor(t *testing.T) {
	t.Parallel()
	body := gz(t, pluginTar(t))
	store := openStore(t)
	url := serveBytes(t, body)
	_, err := store.Install(t.Context(), Source{URL: url, SHA256: sumOf([]byte("other"))}, Limits{})
	failure := requireFailure(t, store, err, WrongDigest)
	assert.Contains(t, failure.Error(), sumOf(body).Short())
	assert.False(t, failure.Temporary())

	_, err = store.Install(t.Context(), Source{URL: url, SHA256: "../../etc"}, Limits{})
	requireFailure(t, store, err, WrongDigest)

	got, err := store.Install(t.Context(), Source{URL: url, SHA256: sumOf(body)}, Limits{})
	require.NoError(t, err)
	assert.Equal(t, sumOf(body), got.Digest)
}

func TestInstallOfAKnownDigestAsksNobody(t *testing.T) {
	t.Parallel()
	body := pluginTar(t)
	store := openStore(t)
	first, err := install(t, store, serveBytes(t, body))
	require.NoError(t, err)
	again, err := store.Install(t.Context(), Source{URL: nobody, SHA256: first.Digest}, Limits{})
	require.NoError(t, err)
	assert.Equal(t, first, again)
}

func TestInstallOfTheSameBytesKeepsWhatIsThere(t *testing.T) {
	t.Parallel()
	url := serveBytes(t, pluginTar(t))
	store := openStore(t)
	first, err := install(t, store, url)
	require.NoError(t, err)
	before, err := os.Stat(first.Dir)
	require.NoError(t, err)
	again, err := install(t, store, url)
	require.NoError(t, err)
	after, err := os.Stat(again.Dir)
	require.NoError(t, err)
	assert.Equal(t, first, again)
	assert.True(t, os.SameFile(before, after))
	requireNothingHalf(t, store)
}

func TestInstallOfTheSameURLManyTimesAtOnce(t *testing.T) {
	t.Parallel()
	url := serveBytes(t, gz(t, pluginTar(t)))
	store := openStore(t)
	var everyone sync.WaitGroup
	results := make([]Installed, 8)
	for i := range results {
		everyone.Go(func() {
			got, err := store.Install(context.Background(), Source{URL: url}, Limits{})
			assert.NoError(t, err)
			results[i] = got
		})
	}
	everyone.Wait()
	for _, result := range results {
		assert.Equal(t, results[0], result)
	}
	requireNothingHalf(t, store)
}

func TestInstallReplacesADamagedPlugin(t *testing.T) {
	t.Parallel()
	body := pluginTar(t)
	store := openStore(t)
	damaged := store.path(sumOf(body))
	require.NoError(t, os.MkdirAll(filepath.Join(damaged, "half"), 0o755))
	got, err := install(t, store, serveBytes(t, body))
	require.NoError(t, err)
	assert.Equal(t, pluginClasses, got.Classes)
	assert.NoDirExists(t, filepath.Join(damaged, "half"))
	requireNothingHalf(t, store)
}

// fullDisk takes directories; its files have no room, as the kernel itself says it.
type fullDisk struct{ target }

func (fullDisk) create(string, bool) (io.WriteCloser, error) {
	return os.OpenFile("/dev/full", os.O_WRONLY, 0)
}

func TestInstallOnAFullDiskSaysSoAndLeavesNothing(t *testing.T) {
	t.Parallel()
	store := openStore(t)
	store.openTarget = func(dir string) (target, error) {
		out, err := openDirectory(dir)
		return fullDisk{out}, err
	}
	_, err := install(t, store, serveBytes(t, pluginTar(t)))
	failure := requireFailure(t, store, err, Disk)
	assert.Contains(t, failure.Error(), "disk is full")
	assert.True(t, failure.Temporary())
	assert.ErrorIs(t, err, syscall.ENOSPC)
}

func TestInstallIntoAStoreThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	store := openStore(t)
	require.NoError(t, os.Remove(store.incoming()))
	require.NoError(t, os.WriteFile(store.incoming(), nil, 0o600))
	_, err := install(t, store, serveBytes(t, pluginTar(t)))
	var failure *InstallError
	require.ErrorAs(t, err, &failure)
	assert.Equal(t, Disk, failure.Reason)
	assert.Contains(t, failure.Error(), "cannot store it on the unit")
	visible, err := os.ReadDir(store.Path())
	require.NoError(t, err)
	assert.Empty(t, visible)
}

func TestDiskErrorsSayWhatToDo(t *testing.T) {
	t.Parallel()
	for errno, says := range map[syscall.Errno]string{
		syscall.ENOSPC: "free some space", syscall.EDQUOT: "free some space", syscall.EROFS: "cannot be written",
		syscall.EACCES: "cannot be written", syscall.EIO: "cannot store it on the unit",
	} {
		err := asInstallError("http://host/x", &os.PathError{Op: "write", Path: "/x", Err: errno})
		assert.Contains(t, err.Error(), says)
		assert.ErrorIs(t, err, errno)
		assert.True(t, err.Temporary())
	}
}
