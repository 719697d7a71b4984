package pair_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/tests/kafka"
	"connectcharms/tests/pair"
)

func TestPluginsAreWholeAndDiffer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "plugin.jar"), []byte("a jar"), 0o600))
	parts := pair.Parts{Kafka: &kafka.Runtime{PluginPath: dir}}
	one, err := parts.Plugin(1)
	require.NoError(t, err)
	two, err := parts.Plugin(2)
	require.NoError(t, err)
	assert.NotEqual(t, one, two)

	plain, err := gzip.NewReader(bytes.NewReader(one))
	require.NoError(t, err)
	contents, members := map[string]string{}, tar.NewReader(plain)
	for {
		header, err := members.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		content, err := io.ReadAll(members)
		require.NoError(t, err)
		contents[header.Name] = string(content)
	}
	assert.Equal(t, map[string]string{"plugin.jar": "a jar", "number.txt": "number 1\n"}, contents)
}
