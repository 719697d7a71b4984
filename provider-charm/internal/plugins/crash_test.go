package plugins

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// slowServer sends a body in parts, so that a child can be killed at any part of it.
func slowServer(t *testing.T, body []byte, parts int) string {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, _ *http.Request) {
		for rest := body; len(rest) > 0; {
			n := min(len(rest), len(body)/parts+1)
			_, _ = w.Write(rest[:n])
			_ = http.NewResponseController(w).Flush()
			rest = rest[n:]
		}
	})
}

// child starts the test binary as one installation (TestMain).
func child(t *testing.T, dir, url string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	command := exec.CommandContext(t.Context(), self)
	command.Env = append(os.Environ(), childStore+"="+dir, childURL+"="+url)
	return command
}

// TestAnInstallationKilledAtAnyMomentLeavesAllOrNothing kills an installation after random times, up to as long as a whole
// one takes, of each kind of archive.
func TestAnInstallationKilledAtAnyMomentLeavesAllOrNothing(t *testing.T) {
	t.Parallel()
	noise := make([]byte, 4<<20)
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
	for name, body := range map[string][]byte{
		"tar.gz": gz(t, tarOf(t, sourceJar(t, "org.example.A"), file("noise", noise))),
		"zip":    zipOf(t, "lib/a.jar", string(zipOf(t, "a/Source.class", string(plain("a/Source", sourceAPI).bytes()))), "noise", string(noise)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := slowServer(t, body, 50)
			start := time.Now()
			require.NoError(t, child(t, filepath.Join(t.TempDir(), "plugins"), url).Run())
			whole := time.Since(start)
			dir := filepath.Join(t.TempDir(), "plugins")
			left, installed := 0, 0
			for range 25 {
				killed := child(t, dir, url)
				require.NoError(t, killed.Start())
				timer := time.AfterFunc(rand.N(whole), func() { _ = killed.Process.Kill() })
				_ = killed.Wait() // killed, or done
				timer.Stop()
				entries, _ := os.ReadDir(filepath.Join(dir, "incoming"))
				left += len(entries)
				store, err := Open(dir)
				require.NoError(t, err)
				requireNothingHalf(t, store)
				all, err := store.Installed()
				require.NoError(t, err)
				for _, plugin := range all {
					installed++
					content, err := os.ReadFile(filepath.Join(plugin.Dir, "noise"))
					require.NoError(t, err)
					require.True(t, bytes.Equal(noise, content), "an installed plugin is whole")
				}
				_, err = store.Keep(nil)
				require.NoError(t, err)
			}
			t.Logf("of 25 installations killed within %s: %d left something in incoming/, %d were done", whole, left, installed)
			store, err := Open(dir)
			require.NoError(t, err)
			_, err = install(t, store, url)
			require.NoError(t, err)
		})
	}
}

func TestAPluginWhoseFilesLostTheirContentIsInstalledAnew(t *testing.T) {
	t.Parallel()
	url := serveBytes(t, pluginTar(t))
	store := openStore(t)
	got, err := install(t, store, url)
	require.NoError(t, err)
	require.NoError(t, os.Truncate(filepath.Join(got.Dir, "example-connector/example.jar"), 0))
	store, err = Open(store.dir)
	require.NoError(t, err)
	_, err = store.Get(got.Digest)
	require.ErrorIs(t, err, ErrNotInstalled)
	again, err := install(t, store, url)
	require.NoError(t, err)
	assert.Equal(t, got, again)
}

func TestADiskWithoutRoomIsNotFilled(t *testing.T) {
	t.Parallel()
	body := gz(t, pluginTar(t))
	store := openStore(t)
	_, err := store.Install(t.Context(), Source{URL: serveBytes(t, body)}, Limits{Reserve: 1 << 60})
	failure := requireFailure(t, store, err, Disk)
	assert.Contains(t, failure.Error(), "too full")
	assert.True(t, failure.Temporary())
}

func TestTheDiskIsLookedAtWhileItFills(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bare, err := openDirectory(dir)
	require.NoError(t, err)
	defer bare.Close()
	r := &room{target: bare, dir: dir, reserve: -1}
	for name, create := range map[string]func() (io.Writer, error){
		"file":  func() (io.Writer, error) { return r.create("file", false) },
		"spool": func() (io.Writer, error) { return r.spool() },
	} {
		r.reserve, r.written = -1, 0
		to, err := create()
		require.NoError(t, err, name)
		_, err = to.Write(make([]byte, roomStep+1))
		require.NoError(t, err, name)
		r.reserve = 1 << 60
		_, err = to.Write(make([]byte, roomStep+1))
		require.ErrorContains(t, err, "too full", name)
	}
}

// onSmallDisk runs a shell script in a mount namespace of its own with $DISK, a real file system of 4 MB.
func onSmallDisk(t *testing.T, script string, environment ...string) (string, error) {
	t.Helper()
	prepare := `mount -t tmpfs -o size=4m disk "$DISK" && `
	command := exec.CommandContext(t.Context(), "unshare", "-rm", "sh", "-c", prepare+script)
	self, err := os.Executable()
	require.NoError(t, err)
	command.Env = append(append(os.Environ(), "DISK="+t.TempDir(), "SELF="+self), environment...)
	said, err := command.CombinedOutput()
	return string(said), err
}

func TestARealDiskThatIsFullOrReadOnlyIsNamedAndKeepsWhatItHas(t *testing.T) {
	t.Parallel()
	if said, err := onSmallDisk(t, "true"); err != nil {
		t.Skip("no mount namespaces here:", said)
	}
	noise := make([]byte, 8<<20)
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
	large := serveBytes(t, gz(t, tarOf(t, sourceJar(t, "org.example.A"), file("noise", noise))))
	small := serveBytes(t, pluginTar(t))
	install := func(url string) string {
		return childStore + `="$DISK/plugins" ` + childURL + `=` + url + ` "$SELF"`
	}
	said, err := onSmallDisk(t, install(small)+` && `+install(large)+`; find "$DISK" -type f`)
	require.NoError(t, err, said)
	assert.Contains(t, said, "disk is full: free some space")
	assert.Contains(t, said, "example.jar", "what was there stays")
	assert.NotContains(t, said, "noise")

	said, err = onSmallDisk(t, install(small)+` && mount -o remount,ro,size=4m "$DISK" && `+install(large)+`; find "$DISK" -type f`)
	require.NoError(t, err, said)
	assert.Contains(t, said, "cannot be written")
	assert.Contains(t, said, "example.jar")
}
