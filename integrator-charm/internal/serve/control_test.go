package serve_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// metrics is what the daemon tells a scraper.
func (s *stage) metrics() string {
	s.t.Helper()
	response, err := s.client.Get("http://manager/metrics")
	require.NoError(s.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	return string(text)
}

func TestOnlyWhoWorksReadsTheTopicOfControlMessages(t *testing.T) {
	t.Parallel()
	brokers, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "connect-control", "connect-control-dead-letters"))
	require.NoError(t, err)
	t.Cleanup(brokers.Close)
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers.ListenAddrs()...))
	require.NoError(t, err)
	t.Cleanup(client.Close)
	members := func(number int) func() bool {
		return func() bool {
			groups, err := kadm.NewClient(client).DescribeGroups(t.Context(), "connect-manager")
			require.NoError(t, err)
			return len(groups["connect-manager"].Members) == number
		}
	}
	topic := "control: {brokers: ['" + brokers.ListenAddrs()[0] + "']}"

	s := newStage(t)
	s.write("state.yaml", stateFile("one"))
	s.configure(beside, "active: true, "+topic)
	s.begin()
	s.until(members(1))
	s.until(func() bool { return strings.Contains(s.metrics(), "connect_manager_control_up 1") })
	_, status := s.ask(http.MethodGet, "/api/v1/status")
	assert.Contains(t, status, `"controlTopic":{"topic":"connect-control","waiting":0}`)

	s.configure(beside, "active: false, "+topic)
	code, body := s.ask(http.MethodPost, "/api/v1/reload")
	require.Equal(t, http.StatusOK, code, body)
	s.until(members(0))
	assert.NotContains(t, s.metrics(), "connect_manager_control_up")
}
