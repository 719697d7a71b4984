package charm_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/jujutest"
)

func TestConnectorsFollowTheConfiguration(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jujutest.DeployOptions{Config: map[string]any{"state": sole}})
	w.settle()
	w.requires("integrator/0", "blocked", "integrate connect-client with Kafka Connect")
	w.integrate()
	assert.Equal(t, "NOT-REQUIRED", w.request()["plugin-url"])
	w.requires("integrator/0", "active", "1 connector, 2 tasks running")
	w.wrote("POST /connectors")
	assert.Equal(t, "1.10", w.cluster.Config(w.full("lines"))["version"])

	require.NoError(t, w.UpdateStatus())
	w.settle()
	assert.Empty(t, w.cluster.TakeWrites(), "what is as it should be is left alone")

	require.NoError(t, w.client().Pause(t.Context(), w.full("lines")))
	w.cluster.TakeWrites()
	require.NoError(t, w.UpdateStatus())
	w.settle()
	w.wrote("PUT /connectors/lines*/resume")
	w.requires("integrator/0", "active", "1 connector, 2 tasks running")

	w.configure("connectors: [{name: lines, config: {connector.class: FileStreamSource, file: /tmp/b}}]")
	w.wrote("PUT /connectors/lines*/config")

	w.configure("connectors: [{name: other, config: {connector.class: FileStreamSource}}]")
	w.wrote("DELETE /connectors/lines*", "POST /connectors")
}
