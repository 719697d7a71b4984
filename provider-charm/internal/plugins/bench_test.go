package plugins

import (
	"archive/zip"
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// bigPlugin is a tar.gz of about 50 MB: ten jars of which gzip saves a few percent, as it does of real ones. Pure noise
// would be stored as it is, and unpacked several times as fast as any plugin.
func bigPlugin(b *testing.B) []byte {
	b.Helper()
	noise := make([]byte, 5<<20)
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
	for i := range noise {
		noise[i] %= 200
	}
	entries := []packed{sourceJar(b, "org.example.A")}
	for i := range 10 {
		entries = append(entries, file(fmt.Sprintf("plugin/lib%d.jar", i), storedJar(b, noise)))
	}
	return gz(b, tarOf(b, entries...))
}

// storedJar is a jar whose one file is not compressed again.
func storedJar(b *testing.B, content []byte) []byte {
	b.Helper()
	var buffer bytes.Buffer
	writer := zip.NewWriter(&buffer)
	entry, err := writer.CreateHeader(&zip.FileHeader{Name: "content", Method: zip.Store})
	require.NoError(b, err)
	_, err = entry.Write(content)
	require.NoError(b, err)
	require.NoError(b, writer.Close())
	return buffer.Bytes()
}

func benchServer(b *testing.B, body []byte) string {
	return serve(b, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) })
}

func BenchmarkInstall(b *testing.B) {
	body := bigPlugin(b)
	url := benchServer(b, body)
	store := openStore(b)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		_, err := store.Install(b.Context(), Source{URL: url}, Limits{})
		require.NoError(b, err)
		b.StopTimer()
		_, err = store.Keep(nil)
		require.NoError(b, err)
		b.StartTimer()
	}
}

// BenchmarkCurlTar is what the same costs with the tools at hand: without hash, limits, checks and fsync, then with hash and
// fsync.
func BenchmarkCurlTar(b *testing.B) {
	body := bigPlugin(b)
	fetch := "set -eu; curl -sSL " + benchServer(b, body)
	for name, script := range map[string]string{
		"bare":          fetch + " | tar xz",
		"sha256AndSync": fetch + " | tee tarball | tar xz; sha256sum tarball >sum; sync -f .",
	} {
		b.Run(name, func(b *testing.B) {
			into := filepath.Join(b.TempDir(), "plugin")
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				require.NoError(b, os.Mkdir(into, 0o755))
				command := exec.CommandContext(b.Context(), "sh", "-c", script)
				command.Dir = into
				output, err := command.CombinedOutput()
				require.NoError(b, err, string(output))
				b.StopTimer()
				require.NoError(b, os.RemoveAll(into))
				b.StartTimer()
			}
		})
	}
}
