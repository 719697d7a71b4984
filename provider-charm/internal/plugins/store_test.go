package plugins

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// childStore and childURL make the test binary install one plugin and exit: a unit's hook that can be killed.
const (
	childStore = "PLUGINS_TEST_STORE"
	childURL   = "PLUGINS_TEST_URL"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childStore); dir != "" {
		store, err := Open(dir)
		if err == nil {
			_, err = store.Install(context.Background(), Source{URL: os.Getenv(childURL)}, Limits{Reserve: -1})
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// halfServer sends half of body, reports so, and sends the rest when told; every later request gets all at once.
func halfServer(t *testing.T, body []byte) (url string, half <-chan struct{}, proceed func()) {
	t.Helper()
	sent, rest := make(chan struct{}, 8), make(chan struct{})
	url = serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
		sent <- struct{}{}
		select {
		case <-rest:
			_, _ = w.Write(body[len(body)/2:])
		case <-r.Context().Done():
		}
	})
	return url, sent, func() { close(rest) }
}

func TestOpenClearsWhatAKilledInstallationLeft(t *testing.T) {
	t.Parallel()
	body := pluginTar(t)
	url, half, proceed := halfServer(t, body)
	dir := filepath.Join(t.TempDir(), "plugins")
	self, err := os.Executable()
	require.NoError(t, err)
	child := exec.CommandContext(t.Context(), self)
	child.Env = append(os.Environ(), childStore+"="+dir, childURL+"="+url)
	require.NoError(t, child.Start())
	<-half
	leftovers := func() int {
		entries, err := os.ReadDir(filepath.Join(dir, "incoming"))
		require.NoError(t, err)
		return len(entries)
	}
	require.Eventually(t, func() bool { return leftovers() == 1 }, time.Minute, time.Millisecond)
	require.NoError(t, child.Process.Kill())
	require.Error(t, child.Wait())
	require.Equal(t, 1, leftovers())

	store, err := Open(dir)
	require.NoError(t, err)
	requireNothingHalf(t, store)
	proceed()
	got, err := install(t, store, url)
	require.NoError(t, err)
	assert.Equal(t, sumOf(body), got.Digest)
}

func TestOpenLeavesARunningInstallationAlone(t *testing.T) {
	t.Parallel()
	body := pluginTar(t)
	url, half, proceed := halfServer(t, body)
	store := openStore(t)
	done := make(chan error, 1)
	go func() {
		_, err := store.Install(context.Background(), Source{URL: url}, Limits{})
		done <- err
	}()
	<-half
	_, err := Open(store.dir)
	require.NoError(t, err)
	proceed()
	require.NoError(t, <-done)
	_, err = store.Get(sumOf(body))
	require.NoError(t, err)
}

func TestOpenDropsDamagedPluginsAndLeavesOtherPeoplesDirectories(t *testing.T) {
	t.Parallel()
	store := openStore(t)
	sound, err := install(t, store, serveBytes(t, pluginTar(t)))
	require.NoError(t, err)
	records := map[string]string{
		strings.Repeat("a", 64): "", strings.Repeat("b", 64): "{", strings.Repeat("c", 64): `{"digest":"d"}`,
		"by-hand": "",
	}
	for name, content := range records {
		require.NoError(t, os.MkdirAll(filepath.Join(store.Path(), name), 0o755))
		if content != "" {
			require.NoError(t, os.WriteFile(filepath.Join(store.Path(), name, recordName), []byte(content), 0o600))
		}
	}
	_, err = store.Get(Digest(strings.Repeat("b", 64)))
	require.ErrorContains(t, err, "is damaged")
	_, err = store.Installed()
	require.Error(t, err)

	store, err = Open(store.dir)
	require.NoError(t, err)
	all, err := store.Installed()
	require.NoError(t, err)
	assert.Equal(t, []Installed{sound}, all)
	assert.DirExists(t, filepath.Join(store.Path(), "by-hand"))
}

func TestKeepRemovesEveryOtherPlugin(t *testing.T) {
	t.Parallel()
	store := openStore(t)
	var digests []Digest
	for _, class := range []string{"org.example.A", "org.example.B", "org.example.C"} {
		got, err := install(t, store, serveBytes(t, tarOf(t, sourceJar(t, class))))
		require.NoError(t, err)
		digests = append(digests, got.Digest)
	}
	_, err := store.Keep([]Digest{digests[0], "nonsense"})
	require.ErrorContains(t, err, "cannot tell which plugins to keep")
	removed, err := store.Keep([]Digest{digests[1], digests[1], Digest(strings.Repeat("0", 64))})
	require.NoError(t, err)
	assert.ElementsMatch(t, []Digest{digests[0], digests[2]}, removed)
	all, err := store.Installed()
	require.NoError(t, err)
	require.Len(t, all, 1)
	assert.Equal(t, digests[1], all[0].Digest)
	requireNothingHalf(t, store)
	removed, err = store.Keep(nil)
	require.NoError(t, err)
	assert.Equal(t, digests[1:2], removed)
}

func TestGetKnowsOnlyWhatIsInstalled(t *testing.T) {
	t.Parallel()
	store := openStore(t)
	_, err := store.Get(Digest(strings.Repeat("0", 64)))
	require.ErrorIs(t, err, ErrNotInstalled)
	for _, invalid := range []Digest{"", "..", Digest(strings.Repeat("A", 64)), Digest(strings.Repeat("g", 64)), Digest(strings.Repeat("/", 64))} {
		_, err = store.Get(invalid)
		require.ErrorContains(t, err, "plugin digest")
		require.NotErrorIs(t, err, ErrNotInstalled)
	}
	got, err := install(t, store, serveBytes(t, pluginTar(t)))
	require.NoError(t, err)
	again, err := store.Get(got.Digest)
	require.NoError(t, err)
	assert.Equal(t, got, again)
}

func TestParseDigestTakesEitherCase(t *testing.T) {
	t.Parallel()
	digest, err := ParseDigest(strings.Repeat("AB", 32))
	require.NoError(t, err)
	assert.Equal(t, Digest(strings.Repeat("ab", 32)), digest)
	_, err = ParseDigest("abc")
	require.ErrorContains(t, err, "has 3 characters")
}

func TestRecordTellsAPersonWhereAPluginCameFrom(t *testing.T) {
	t.Parallel()
	body := gz(t, pluginTar(t))
	url := serveBytes(t, body)
	got, err := install(t, openStore(t), strings.Replace(url, "://", "://me:hunter2@", 1)+"?token=hunter2")
	require.NoError(t, err)
	content, err := os.ReadFile(filepath.Join(got.Dir, ".plugin.json"))
	require.NoError(t, err)
	assert.NotContains(t, string(content), "hunter2")
	var told record
	require.NoError(t, json.Unmarshal(content, &told))
	assert.WithinDuration(t, time.Now(), told.Time, time.Minute)
	assert.Equal(t, hostOf(url), told.Source)
	assert.Equal(t, int64(len(body)), told.Downloaded)
	assert.Equal(t, pluginClasses, told.Classes)
	assert.Equal(t, got.Bytes, told.Bytes)
}

func TestOpenSaysWhyItCannot(t *testing.T) {
	t.Parallel()
	occupied := filepath.Join(t.TempDir(), "plugins")
	require.NoError(t, os.WriteFile(occupied, nil, 0o600))
	_, err := Open(occupied)
	require.ErrorContains(t, err, "cannot open the plugin store "+occupied)
}
