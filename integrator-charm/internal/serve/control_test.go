package serve_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connecttest"
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

// spoken is a control message that sets a key.
func spoken(connector, key, value string) *kgo.Record {
	return &kgo.Record{Topic: "connect-control", Key: []byte(connector), Value: fmt.Appendf(nil,
		`{"type":"CONTROL","control":{"type":"CONNECTOR_CONFIG","emitted_at":1665532800000,"connectorConfig":{"config":{%q:%q}}}}`, key, value)}
}

// Where no context is named, a message is of the cluster that has its connector.
func TestMessagesOfTheTopicAreTheirConnectorsOfWhicheverCluster(t *testing.T) {
	t.Parallel()
	brokers, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "connect-control", "connect-control-dead-letters"))
	require.NoError(t, err)
	t.Cleanup(brokers.Close)
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers.ListenAddrs()...), kgo.ConsumeTopics("connect-control-dead-letters"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	require.NoError(t, err)
	t.Cleanup(client.Close)
	s, other := newStage(t), connecttest.NewServer()
	t.Cleanup(other.Close)
	s.write("state.yaml", stateFile("one", "both"))
	s.write("other.yaml", stateFile("two", "both"))
	s.write("config.yaml", fmt.Sprintf(`contexts: {main: {endpoints: [%q], state: state.yaml}, other: {endpoints: [%q], state: other.yaml}}
serve: {contexts: [main, other], listen: none, socket: socket, data: data, interval: 1h, control: {brokers: [%q]}}
`, s.connect.URL(), other.URL(), brokers.ListenAddrs()[0]))
	s.begin()
	require.NoError(t, client.ProduceSync(t.Context(), spoken("two", "file", "/changed"), spoken("both", "file", "/changed"),
		spoken("nobody", "file", "/changed"), spoken("one", "tasks.max", "many"), spoken("one", "file", "/changed")).FirstErr())
	file := func(of *connecttest.Server, name string) func() bool {
		asked, err := connect.New(connect.Config{Endpoints: []string{of.URL()}})
		require.NoError(t, err)
		t.Cleanup(asked.Close)
		return func() bool {
			config, err := asked.Config(t.Context(), name)
			return err == nil && config["file"] == "/changed"
		}
	}
	s.until(file(other, "two"))
	s.until(file(s.connect, "one"))

	reasons := map[string]string{}
	s.until(func() bool {
		for _, letter := range client.PollFetches(t.Context()).Records() {
			for _, header := range letter.Headers {
				if header.Key == "__connect.errors.exception.message" {
					reasons[string(letter.Key)] = string(header.Value)
				}
			}
		}
		return len(reasons) == 3
	})
	assert.Contains(t, reasons["both"], "in several clusters, and serve.control.context does not say which")
	assert.Contains(t, reasons["nobody"], "not found in any cluster")
	assert.Contains(t, reasons["one"], "connector one: its control message does not conform: tasks.max")
	s.until(func() bool {
		_, history := s.ask(http.MethodGet, "/api/v1/history?cluster=other")
		return strings.Contains(history, `"by":"topic connect-control"`)
	})
}

// One that cannot be taken while the cluster is away is taken when it is back.
func TestAMessageWaitsForItsCluster(t *testing.T) {
	t.Parallel()
	brokers, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "connect-control", "connect-control-dead-letters"))
	require.NoError(t, err)
	t.Cleanup(brokers.Close)
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers.ListenAddrs()...))
	require.NoError(t, err)
	t.Cleanup(client.Close)
	s := newStage(t)
	s.write("state.yaml", "connectors: [") // nobody knows yet which connectors there are
	s.configure(beside, "control: {brokers: ['"+brokers.ListenAddrs()[0]+"']}")
	s.begin()
	require.NoError(t, client.ProduceSync(t.Context(), spoken("one", "file", "/changed")).FirstErr())
	s.until(func() bool { return strings.Contains(s.metrics(), "connect_manager_control_waiting 1") })
	_, status := s.ask(http.MethodGet, "/api/v1/status")
	assert.Contains(t, status, `"waiting":1,"since":`)
	s.write("state.yaml", stateFile("one"))
	s.until(func() bool { return strings.Contains(s.metrics(), "connect_manager_control_waiting 0") })
	s.until(func() bool {
		return strings.Contains(s.metrics(), `connect_manager_control_records_total{result="taken"} 1`)
	})
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
	s.until(func() bool {
		_, status := s.ask(http.MethodGet, "/api/v1/status")
		return strings.Contains(status, `"controlTopic":{"topic":"connect-control","waiting":0}`)
	})

	s.configure(beside, "active: false, "+topic)
	code, body := s.ask(http.MethodPost, "/api/v1/reload")
	require.Equal(t, http.StatusOK, code, body)
	s.until(members(0))
	assert.NotContains(t, s.metrics(), "connect_manager_control_up")
}
