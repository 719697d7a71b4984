package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// gateways are the processes of a unit's gateway.
func (s *stage) gateways(unit string) (pids []string) {
	s.t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/cmdline")
	require.NoError(s.t, err)
	for _, path := range all {
		command, _ := os.ReadFile(path)
		if strings.Contains(string(command), s.seen(unit)+"/gateway/gateway.json") {
			pids = append(pids, filepath.Base(filepath.Dir(path)))
		}
	}
	return pids
}

// TestLimitsChangeWhileTheGatewayRuns also reads its audit record.
func TestLimitsChangeWhileTheGatewayRuns(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.deploy(1, nil)
	s.client("app", "NOT-REQUIRED")
	relation := s.integrate("app")
	s.settle()
	s.allActive(provider)
	published := s.published(relation)
	endpoint, account := published.Endpoints[0], s.credentials(published)
	running := s.gateways(provider + "/0")
	require.Len(t, running, 1)
	answers := func() map[int]int {
		counted := map[int]int{}
		for range 40 {
			counted[s.ask(endpoint, account)]++
		}
		return counted
	}
	assert.Equal(t, map[int]int{http.StatusOK: 40}, answers())

	require.NoError(t, s.SetConfig(provider, map[string]any{"client-rate-limit": 1}))
	s.settle()
	assert.Positive(t, answers()[http.StatusTooManyRequests])
	assert.Equal(t, running, s.gateways(provider+"/0"), "it was not restarted")

	require.NoError(t, s.SetConfig(provider, map[string]any{"client-rate-limit": -1}))
	s.settle()
	s.requireStatus(provider+"/0", "blocked", "config client-rate-limit is -1: set it between 0 and 100000")
	assert.Positive(t, answers()[http.StatusTooManyRequests], "what was in force stays")
	require.NoError(t, s.SetConfig(provider, map[string]any{"client-rate-limit": 0}))
	s.settle()
	assert.Equal(t, map[int]int{http.StatusOK: 40}, answers())

	record, err := os.ReadFile(filepath.Join(s.data(provider+"/0"), "gateway/audit.log"))
	require.NoError(t, err)
	assert.Contains(t, string(record), `"event":"reload"`)
	assert.NotContains(t, string(record), account["password"])
}
