package charm_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/jujutest"
)

func TestThePluginServerServesTheResource(t *testing.T) {
	t.Parallel()
	file := tarball(t, "first")
	w := newWorld(t, jujutest.DeployOptions{Config: map[string]any{"state": "connectors: []"}, Resources: map[string]string{"plugin": file}})
	w.integrate()
	w.requires("integrator/0", "active", "no connectors configured")
	unit, err := w.Unit("integrator/0")
	require.NoError(t, err)
	url := "http://" + unit.Address + ":8080/api/v1/plugin"
	assert.Equal(t, url, w.request()["plugin-url"])
	assert.Equal(t, sum("first"), w.request()["plugin-sha256"])
	assert.Equal(t, "first", download(t, url))
	assert.Equal(t, []string{"8080/tcp"}, unit.OpenPorts)

	require.NoError(t, w.AttachResource("integrator", "plugin", tarball(t, "second")))
	w.settle()
	assert.Equal(t, url, w.request()["plugin-url"], "peers read it only once")
	assert.Equal(t, sum("second"), w.request()["plugin-sha256"])
	assert.Equal(t, "second", download(t, url))

	require.NoError(t, w.SetConfig("integrator", map[string]any{"plugin-port": 8181}))
	w.settle()
	moved := "http://" + unit.Address + ":8181/api/v1/plugin"
	assert.Equal(t, moved, w.request()["plugin-url"])
	assert.Equal(t, "second", download(t, moved))
	unit, err = w.Unit("integrator/0")
	require.NoError(t, err)
	assert.Equal(t, []string{"8181/tcp"}, unit.OpenPorts)

	require.NoError(t, w.SetConfig("integrator", map[string]any{"plugin-url": "https://example.org/plugin.tgz"}))
	w.settle()
	assert.Equal(t, "https://example.org/plugin.tgz", w.request()["plugin-url"])
	assert.NotContains(t, w.request(), "plugin-sha256", "it was another plugin's")
	_, err = http.Get(moved)
	require.Error(t, err, "nobody serves what nobody is told of")
}

func tarball(t *testing.T, content string) string {
	file := filepath.Join(t.TempDir(), "plugin.tar.gz")
	require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
	return file
}

func sum(content string) string {
	digest := sha256.Sum256([]byte(content))
	return hex.EncodeToString(digest[:])
}

func download(t *testing.T, url string) string {
	t.Helper()
	response, err := http.Get(url)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode)
	content, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(content)
}
