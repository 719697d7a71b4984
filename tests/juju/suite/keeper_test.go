package suite

import (
	"archive/zip"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// keeper is a charm that does nothing. Juju removes a machine with its last unit: a unit of this one keeps the machine, to be looked at.
const keeper = "keeper"

// packKeeper packs it and returns its path.
func packKeeper(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keeper.charm")
	file, err := os.Create(path)
	require.NoError(t, err)
	archive := zip.NewWriter(file)
	for name, text := range map[string]string{
		"metadata.yaml": "name: keeper\nsummary: Keeps a machine\ndescription: Keeps a machine in the model.\n",
		"manifest.yaml": "bases: [{name: ubuntu, channel: 24.04/stable, architectures: [amd64, arm64]}]\n",
		"dispatch":      "#!/bin/sh\nexec status-set active\n",
	} {
		header := &zip.FileHeader{Name: name, Method: zip.Deflate}
		header.SetMode(0o755)
		writer, err := archive.CreateHeader(header)
		require.NoError(t, err)
		_, err = writer.Write([]byte(text))
		require.NoError(t, err)
	}
	require.NoError(t, archive.Close())
	require.NoError(t, file.Close())
	return path
}
