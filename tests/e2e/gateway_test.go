package e2e

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/schemas"
	"connectcharms/tests/pair"
)

// gateways are the processes of a unit's gateway.
func (s *stage) gateways(unit string) []int {
	s.t.Helper()
	return pair.Gateways(s.seen(unit))
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

// TestAForgedRequestOfAWorkerIsRefused shows that a signature is no way in for clients, and that by the workers' door,
// even for who has the identity, it has to be right.
func TestAForgedRequestOfAWorkerIsRefused(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.deploy(1, nil)
	s.client("client", schemas.NotRequired)
	s.settle()
	relation := s.integrate("client")
	s.settle()
	clients := s.published(relation).Endpoints[0]
	name := fmt.Sprintf("mirror_r%d_%s", relation, strings.ReplaceAll(s.UUID(), "-", ""))
	_, err := s.rest(relation).Create(t.Context(), name, pair.Heartbeats(parts.broker.Bootstrap()), connect.InitialRunning)
	require.NoError(t, err)
	workers, identity := s.workersDoor(provider + "/0")
	for path, method := range map[string]string{"/tasks": http.MethodPost, "/fence": http.MethodPut} {
		assert.Equal(t, http.StatusUnauthorized, forge(t, http.DefaultClient, method, clients+"/connectors/"+name+path))
		assert.Equal(t, http.StatusForbidden, forge(t, identity, method, workers+"/connectors/"+name+path), "the worker's word")
		assert.Zero(t, forge(t, stranger(), method, workers+"/connectors/"+name+path))
	}
}

// workersDoor is where other workers come in to a unit, and a client that has the identity.
func (s *stage) workersDoor(unit string) (address string, client *http.Client) {
	s.t.Helper()
	identity := filepath.Join(s.data(unit), "identity")
	pair, err := tls.LoadX509KeyPair(filepath.Join(identity, "certificate.pem"), filepath.Join(identity, "private-key.pem"))
	require.NoError(s.t, err)
	client = stranger()
	client.Transport.(*http.Transport).TLSClientConfig.Certificates = []tls.Certificate{pair}
	info, err := s.Unit(unit)
	require.NoError(s.t, err)
	return (&url.URL{Scheme: "https", Host: info.Address + ":8085"}).String(), client
}

// stranger is a client without an identity, who does not mind whom it talks to.
func stranger() *http.Client {
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
}

// forge sends what a worker would, with a signature of nobody; 0 is no answer.
func forge(t *testing.T, client *http.Client, method, target string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader("[]"))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Connect-Authorization", "Zm9yZ2Vk")
	request.Header.Set("X-Connect-Request-Signature-Algorithm", "HmacSHA256")
	answer, err := client.Do(request)
	if err != nil {
		return 0
	}
	require.NoError(t, answer.Body.Close())
	return answer.StatusCode
}
