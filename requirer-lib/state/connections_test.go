package state_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/state"
)

func TestConnectionsThatAConnectorNeedsAreSaidAsAWhole(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/right/connections.yaml")
	require.NoError(t, err)
	for environment, want := range map[string][][]string{
		"":           {{"orders", "ä/ ö #1"}, {"1", "registry"}},
		"production": {nil, {"1", "registry"}},
	} {
		file, err := state.Parse(text, state.Options{Environment: environment})
		require.NoError(t, err)
		assert.Equal(t, want, [][]string{file.Connectors[0].Connections, file.Connectors[1].Connections}, environment)
		for _, format := range []state.Format{state.YAML, state.JSON} {
			written, err := file.Export(format)
			require.NoError(t, err)
			again, err := state.Parse(written, state.Options{})
			require.NoError(t, err)
			assert.Equal(t, file.Connectors, again.Connectors, "%s", written)
		}
	}
}

func TestAConnectionThatThereIsNotIsToldWithItsPlace(t *testing.T) {
	t.Parallel()
	file, err := state.Parse([]byte(`
defaults: {connections: [registry]}
connectors:
- name: a
  config: {connector.class: X}
  connections: [orders, ordres, registry]
- name: b
  config: {connector.class: X}
`), state.Options{Name: "state.yaml"})
	require.NoError(t, err)
	assert.Equal(t, state.Problems{
		{
			File: "state.yaml", Line: 2, Column: 12, Connector: "b", Field: "connections",
			Message: "connector b: connections: there is no connection registry", Nearest: "",
		},
		{
			File: "state.yaml", Line: 6, Column: 3, Connector: "a", Field: "connections",
			Message: "connector a: connections: there is no connection ordres", Nearest: "orders",
		},
		{
			File: "state.yaml", Line: 6, Column: 3, Connector: "a", Field: "connections",
			Message: "connector a: connections: there is no connection registry", Nearest: "",
		},
	}, file.CheckConnections([]string{"orders"}))
	assert.Empty(t, file.CheckConnections([]string{"orders", "ordres", "registry"}))
}
