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
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// realPlugin is the largest plugin of Debezium, 29 MB.
const realPlugin = "io.debezium:debezium-connector-jdbc:3.2.0.Final:tar.gz:plugin"

// bigPlugin is a real plugin where Maven can get one, and else one that is made to be like it.
func bigPlugin(b *testing.B) []byte {
	b.Helper()
	dir := b.TempDir()
	fetch := exec.CommandContext(b.Context(), "mvn", "--batch-mode", "--no-transfer-progress",
		"dependency:copy", "-Dartifact="+realPlugin, "-DoutputDirectory="+dir)
	fetch.Dir = dir
	if said, err := fetch.CombinedOutput(); err != nil {
		b.Logf("%s cannot be had, a made one is taken: %v %.200s", realPlugin, err, said)
		return madePlugin(b)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.tar.gz"))
	require.NoError(b, err)
	require.Len(b, files, 1)
	body, err := os.ReadFile(files[0])
	require.NoError(b, err)
	return body
}

// madePlugin is a tar.gz of about 50 MB: ten jars of which gzip saves a few percent, as it does of real ones. Pure noise
// would be stored as it is, and unpacked several times as fast as any plugin.
func madePlugin(b *testing.B) []byte {
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

// BenchmarkInstallAgainstTheToolsAtHand installs a plugin and has curl and tar do a part of the same, in turn: "bare"
// without hash, limits, checks and fsync, "sync" with hash and fsync. Medians are told, as a machine has other things to do.
// The benchmark `install` of tests/bench reads them.
func BenchmarkInstallAgainstTheToolsAtHand(b *testing.B) {
	body := bigPlugin(b)
	url := serve(b, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		_, _ = w.Write(body)
	})
	store := openStore(b)
	fetch := "set -eu; curl -sSL " + url
	var ours, bare, synced []time.Duration
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		start := time.Now()
		_, err := store.Install(b.Context(), Source{URL: url}, Limits{})
		ours = append(ours, time.Since(start))
		require.NoError(b, err)
		b.StopTimer()
		_, err = store.Keep(nil)
		require.NoError(b, err)
		bare = append(bare, shell(b, fetch+" | tar xz"))
		synced = append(synced, shell(b, fetch+" | tee tarball | tar xz; sha256sum tarball >sum; sync -f ."))
		b.StartTimer()
	}
	b.ReportMetric(median(ours).Seconds()*1000, "ms/install")
	b.ReportMetric(median(bare).Seconds()*1000, "ms/bare")
	b.ReportMetric(median(synced).Seconds()*1000, "ms/sync")
}

// shell runs a script in a new directory, and removes that.
func shell(b *testing.B, script string) time.Duration {
	b.Helper()
	dir, err := os.MkdirTemp(b.TempDir(), "shell")
	require.NoError(b, err)
	command := exec.CommandContext(b.Context(), "sh", "-c", script)
	command.Dir = dir
	start := time.Now()
	output, err := command.CombinedOutput()
	took := time.Since(start)
	require.NoError(b, err, string(output))
	require.NoError(b, os.RemoveAll(dir))
	return took
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}
