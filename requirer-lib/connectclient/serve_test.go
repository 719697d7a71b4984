package connectclient_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
	"connectcharms/requirer-lib/pluginserver"
	"connectcharms/requirer-lib/program"
	"connectcharms/schemas"
)

// TestMain makes this binary the plugin server as well, as a charm's binary is.
func TestMain(m *testing.M) {
	program.Program{Name: "client", Commands: []program.Command{pluginserver.Command()}}.TestMain(m)
}

// shipping is a model whose client serves a file.
func shipping(t *testing.T, plugin func() connectclient.Plugin, units int) (*jujutest.Model, int) {
	t.Helper()
	p := &provider{endpoint: "http://10.0.0.1:8083", password: "first"}
	m := newModel(t, 1, p, func(ctx context.Context, h *hook.Hook) error {
		client := connectclient.New(h, connectclient.Options{})
		err := client.Request(ctx, plugin())
		if err == nil {
			_, err = client.Connection(ctx)
		}
		if status, notReady := connectclient.Status(err); notReady {
			return h.StatusSet(ctx, status)
		}
		if err != nil {
			return err
		}
		return h.StatusSet(ctx, hook.Status{Name: hook.Active})
	}, units)
	id, err := m.Integrate("client", "provider")
	require.NoError(t, err)
	require.NoError(t, m.Settle(t.Context()))
	return m, id
}

func tarball(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "plugin.tgz")
	require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
	return file
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		return err.Error()
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return string(content)
}

func requested(t *testing.T, m *jujutest.Model, relation int) schemas.Request {
	t.Helper()
	bag, err := m.RelationData(relation, "client")
	require.NoError(t, err)
	requirer, err := schemas.DecodeRequirer(bag)
	require.NoError(t, err)
	return requirer.Requests[0]
}

func TestAFileIsServedByEveryUnitAndNamedByTheLeader(t *testing.T) {
	t.Parallel()
	file := tarball(t, "first")
	m, id := shipping(t, func() connectclient.Plugin { return connectclient.FromFile(file) }, 2)
	requireStatus(t, m, "client/0", "active", "")
	for _, unit := range m.Units("client") {
		info, err := m.Unit(unit)
		require.NoError(t, err)
		assert.Equal(t, []string{"8080/tcp"}, info.OpenPorts)
		assert.Equal(t, "first", fetch(t, pluginserver.URL(info.Address, 8080)))
	}
	before := requested(t, m, id)
	assert.Equal(t, "first", fetch(t, before.PluginURL))

	require.NoError(t, m.SetLeader("client/1"))
	require.NoError(t, m.Settle(t.Context()))
	assert.Equal(t, before, requested(t, m, id), "the unit that was named serves the same: providers exist that fail when a URL changes")

	require.NoError(t, os.WriteFile(file, []byte("second"), 0o600))
	require.NoError(t, m.UpdateStatus("client/0", "client/1"))
	require.NoError(t, m.Settle(t.Context()))
	after := requested(t, m, id)
	assert.NotEqual(t, before.PluginSHA256, after.PluginSHA256)
	assert.Equal(t, "second", fetch(t, after.PluginURL))

	require.NoError(t, m.RemoveUnit("client/0"))
	require.NoError(t, m.Settle(t.Context()))
	require.NoError(t, m.UpdateStatus("client/1"))
	require.NoError(t, m.Settle(t.Context()))
	moved := requested(t, m, id)
	assert.NotEqual(t, before.PluginURL, moved.PluginURL)
	assert.Equal(t, "second", fetch(t, moved.PluginURL))
	assert.Contains(t, fetch(t, before.PluginURL), "refused", "the server goes with its unit")
}

func TestWhatIsServedGoesWithARequestForAnotherPlugin(t *testing.T) {
	t.Parallel()
	plugin := connectclient.FromFile(tarball(t, "first"))
	m, id := shipping(t, func() connectclient.Plugin { return plugin }, 1)
	url := requested(t, m, id).PluginURL
	plugin = connectclient.FromURL("http://10.0.0.9/p", "")
	require.NoError(t, m.UpdateStatus("client/0"))
	require.NoError(t, m.Settle(t.Context()))
	assert.Equal(t, "http://10.0.0.9/p", requested(t, m, id).PluginURL)
	assert.Contains(t, fetch(t, url), "refused")
	info, err := m.Unit("client/0")
	require.NoError(t, err)
	assert.Empty(t, info.OpenPorts)
}

// What was asked for stays: workers run with it.
func TestAFileThatCannotBeServedIsSaidAndChangesNothing(t *testing.T) {
	t.Parallel()
	plugin := connectclient.FromFile(tarball(t, "first"))
	m, id := shipping(t, func() connectclient.Plugin { return plugin }, 1)
	before := requested(t, m, id)
	for name, file := range map[string]string{"gone": "/nowhere/plugin.tgz", "below the charm": "plugins/none.tgz"} {
		plugin = connectclient.FromFile(file)
		require.NoError(t, m.UpdateStatus("client/0"))
		require.NoError(t, m.Settle(t.Context()), name)
		requireStatus(t, m, "client/0", "blocked", strings.TrimPrefix(file, "/"))
		assert.Equal(t, before, requested(t, m, id))
	}
}
