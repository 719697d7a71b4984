package cli_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connectors"
)

// The command line knows nothing but the file and the cluster, and leaves in place what connectors have changed themselves.
func TestWhatAConnectorHasChangedItselfIsShownAndStaysOverASync(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const file = `connectors:
- name: lines
  config: {connector.class: org.apache.kafka.connect.file.FileStreamSourceConnector, topic: lines, api_key: hunter1, batch.size: 1}
`
	b.environ["CONNECT_STATE"] = b.write("state.yaml", file)
	mark, err := json.Marshal(connectors.Overlay{Keys: map[string]connectors.Laid{
		"api_key": {Version: 3, Base: connectors.NewBase("hunter1", true, true)}, "batch.size": {Version: 2, Base: connectors.NewBase("1", true, false)},
	}})
	require.NoError(t, err)
	b.createWith("lines", map[string]string{
		"api_key": "${secrets:/run/secrets:f-3}", "batch.size": "2", "connect.manager": "connect-manager", "connect.manager.overlay": string(mark),
	})
	assert.Equal(t, "* lines: it has changed itself: api_key, batch.size\ndefault: nothing to change; 1 unchanged.\n", b.ok("plan"))
	b.ok("sync")
	assert.Empty(t, b.server.TakeWrites())

	b.edit("batch.size: 1", "batch.size: 5")
	planned := b.run("plan")
	assert.Equal(t, 2, planned.code)
	assert.Contains(t, planned.out, `~ batch.size: "2" → "5"`)
	assert.Contains(t, planned.out, "* lines: it has changed itself: api_key\n")
	assert.NotContains(t, planned.out, "hunter")
	b.ok("sync")
	config := b.server.Config("lines")
	assert.Equal(t, []string{"5", "${secrets:/run/secrets:f-3}"}, []string{config["batch.size"], config["api_key"]}, "the file wins for the key that it has changed")
	b.edit("hunter1", "hunter9")
	b.ok("sync")
	assert.Equal(t, "hunter9", b.server.Config("lines")["api_key"])
	assert.NotContains(t, b.server.Config("lines"), "connect.manager.overlay")
}
