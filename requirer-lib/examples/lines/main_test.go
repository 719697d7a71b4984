package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connecttest"
	"connectcharms/requirer-lib/jujutest"
)

// TestMain lets the test's binary serve the plugin, as the charm's program does.
func TestMain(m *testing.M) { charm.TestMain(m) }

func TestTheConnectorLivesWithTheRelation(t *testing.T) {
	dir := t.TempDir() // the charm as it is packed
	require.NoError(t, os.CopyFS(dir, os.DirFS(".")))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "plugin.tar.gz"), []byte("a plugin"), 0o600))
	cluster := connecttest.NewServer()
	defer cluster.Close()
	model, err := jujutest.New(jujutest.Options{})
	require.NoError(t, err)
	defer model.Close()
	require.NoError(t, model.Deploy("kafka-connect", cluster.Provider(), jujutest.DeployOptions{}))
	require.NoError(t, model.Deploy("lines", jujutest.FromProgram(dir, charm), jujutest.DeployOptions{Units: 2}))

	_, err = model.Integrate("lines", "kafka-connect")
	require.NoError(t, err)
	require.NoError(t, model.Settle(t.Context()))
	status, _ := model.StatusOf("lines/0")
	assert.Equal(t, "1 connector, 1 task running", status.Message)
	require.Len(t, cluster.Connectors(), 1)
	assert.Equal(t, "lines", cluster.Config(cluster.Connectors()[0])["topic"])

	require.NoError(t, model.RemoveRelation("lines", "kafka-connect"))
	require.NoError(t, model.Settle(t.Context()))
	assert.Empty(t, cluster.Connectors())
}
