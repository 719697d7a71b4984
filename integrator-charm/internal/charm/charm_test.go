package charm_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/jujutest"
)

func TestConnectorsFollowTheConfiguration(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jujutest.DeployOptions{Config: map[string]any{"connectors": sole}})
	w.settle()
	w.requires("integrator/0", "blocked", "integrate connect-client with Kafka Connect")
	w.integrate()
	assert.Equal(t, "NOT-REQUIRED", w.request()["plugin-url"])
	w.requires("integrator/0", "active", "1 connector, 2 tasks running")
	assert.Equal(t, []string{"POST " + w.full("lines")}, w.cluster.takeWrites())
	assert.Equal(t, "1.10", w.cluster.config(w.full("lines"))["tasks.max"])

	require.NoError(t, w.UpdateStatus())
	w.settle()
	assert.Empty(t, w.cluster.takeWrites(), "what is as it should be is left alone")

	w.configure("lines: {connector.class: FileStreamSource, file: /tmp/b}")
	assert.Equal(t, []string{"PUT " + w.full("lines")}, w.cluster.takeWrites())

	w.configure("other: {connector.class: FileStreamSource}")
	assert.ElementsMatch(t, []string{"DELETE " + w.full("lines"), "POST " + w.full("other")}, w.cluster.takeWrites())
}
