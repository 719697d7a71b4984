package manager_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func connectionsSayHowTheyAre(t *testing.T, h *house) {
	s := h.stage(t)
	s.write("state.yaml", "connectors: []\n")
	s.configure(fmt.Sprintf(`connections:
    interval: 3s
    specs:
    - {id: events, type: DIRECT, kafka_cluster: {bootstrap_servers: %q}}
    - {id: lost, type: DIRECT, kafka_cluster: {bootstrap_servers: "127.0.0.1:1"}}`, s.broker.Bootstrap()),
		"main: {endpoints: ['"+s.worker.URL()+"'], state: state.yaml}")
	s.begin()
	list := func() string {
		out, err := s.run("", "connections", "list")
		require.NoError(t, err, out)
		return out
	}
	var out string
	s.until("all have been tried", func() bool {
		out = list()
		return assert.Regexp(silent{}, `(?s)\nlost .* kafka_cluster +FAILED .* connect: .*\ncontext-main .* kafka_connect +SUCCESS .*\nevents .* kafka_cluster +SUCCESS`, out)
	})

	out, err := s.run(`{id: made, type: DIRECT, kafka_cluster: {bootstrap_servers: "127.0.0.1:1"}}`, "connections", "add", "-")
	require.NoError(t, err, out)
	out, err = s.run("", "connections", "probe", "made")
	require.Error(t, err)
	assert.Contains(t, out, "kafka_cluster  FAILED since ")
	out, err = s.run(fmt.Sprintf(`{"id":"made","type":"DIRECT","kafka_cluster":{"bootstrap_servers":%q}}`, s.broker.Bootstrap()), "connections", "set", "-", "--generation", "1")
	require.NoError(t, err, out)
	s.until("it gets in", func() bool { // in the time that a probe has
		_, err := s.run("", "connections", "probe", "made")
		return err == nil
	})
	out, err = s.run("", "connections", "delete", "events", "--yes")
	require.Error(t, err, "what settings declare is not changed here")
	assert.Contains(t, out, "serve.connections.specs")

	require.NoError(t, s.serve.Process.Kill())
	_ = s.serve.Wait()
	s.begin()
	status, answer := s.ask(http.MethodGet, "/api/v1/connections/made")
	require.Equal(t, http.StatusOK, status, "it lasts: %s", answer)
}

// silent is for what may fail until it does not.
type silent struct{}

func (silent) Errorf(string, ...any) {}
