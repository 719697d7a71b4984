package distribution_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/distribution"
)

func entry(name, content string) *tar.Header {
	return &tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o4755, Size: int64(len(content))}
}

// archive writes a tar.gz whose files hold their own names.
func archive(t *testing.T, headers ...*tar.Header) string {
	t.Helper()
	var buffer bytes.Buffer
	compressed := gzip.NewWriter(&buffer)
	out := tar.NewWriter(compressed)
	for _, header := range headers {
		require.NoError(t, out.WriteHeader(header))
		_, err := out.Write(bytes.Repeat([]byte("x"), int(header.Size)))
		require.NoError(t, err)
	}
	require.NoError(t, out.Close())
	require.NoError(t, compressed.Close())
	path := filepath.Join(t.TempDir(), "kafka.tar.gz")
	require.NoError(t, os.WriteFile(path, buffer.Bytes(), 0o600))
	return path
}

func kafka(t *testing.T, version string) string {
	return archive(t,
		&tar.Header{Name: "kafka/", Typeflag: tar.TypeDir, Mode: 0o755},
		entry("kafka/bin/connect-distributed.sh", "x"), entry("kafka/libs/kafka-clients-"+version+".jar", "x"))
}

func TestADistributionIsUnpackedOnceAndReplaced(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "kafka")
	store := distribution.Open(dir)
	assert.Empty(t, store.Current())
	old := kafka(t, "3.9.1")
	assert.True(t, store.Pending(old))
	first, err := store.Install(t.Context(), old)
	require.NoError(t, err)
	assert.Equal(t, first, store.Current())
	assert.Equal(t, "3.9.1", store.Version(first))
	assert.False(t, store.Pending(old))
	info, err := os.Stat(filepath.Join(first, "bin/connect-distributed.sh"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o755), info.Mode(), "no setuid bit")

	renewed := kafka(t, "4.3.1")
	assert.True(t, store.Pending(renewed))
	second, err := store.Install(t.Context(), renewed)
	require.NoError(t, err)
	assert.NotEqual(t, first, second)
	assert.Equal(t, "4.3.1", store.Version(store.Current()))
	assert.NoDirExists(t, first)

	again, err := store.Install(t.Context(), renewed)
	require.NoError(t, err, "the same archive once more")
	assert.Equal(t, second, again)
}

func TestWhatIsNoDistributionIsRefusedAndChangesNothing(t *testing.T) {
	t.Parallel()
	store := distribution.Open(filepath.Join(t.TempDir(), "kafka"))
	good, err := store.Install(t.Context(), kafka(t, "4.3.1"))
	require.NoError(t, err)
	text := filepath.Join(t.TempDir(), "text")
	require.NoError(t, os.WriteFile(text, []byte("not an archive"), 0o600))
	cut := kafka(t, "1")
	require.NoError(t, os.Truncate(cut, 60))
	for name, path := range map[string]string{
		"no archive":       text,
		"missing":          filepath.Join(t.TempDir(), "none"),
		"cut short":        cut,
		"another archive":  archive(t, entry("plugin/x.jar", "x")),
		"a path outside":   archive(t, entry("kafka/../../../x", "x")),
		"a link":           archive(t, &tar.Header{Name: "kafka/libs", Typeflag: tar.TypeSymlink, Linkname: "/etc"}),
		"a file and again": archive(t, entry("kafka/x", "x"), entry("kafka/x", "x")),
	} {
		_, err := store.Install(t.Context(), path)
		require.ErrorContains(t, err, "is not a Kafka distribution", name)
		assert.Equal(t, good, store.Current(), name)
		entries, err := os.ReadDir(filepath.Dir(good))
		require.NoError(t, err)
		assert.Len(t, entries, 3, "%s: only the distribution and two notes", name)
	}
}
