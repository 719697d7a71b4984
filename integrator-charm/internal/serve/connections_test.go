package serve_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connection"
)

// connections are all that the daemon has, by ID.
func (s *stage) connections() map[string]connection.Resource {
	s.t.Helper()
	status, body := s.ask(http.MethodGet, "/api/v1/connections")
	require.Equal(s.t, http.StatusOK, status, body)
	var all []connection.Resource
	require.NoError(s.t, json.Unmarshal([]byte(body), &all))
	byID := map[string]connection.Resource{}
	for _, one := range all {
		byID[one.Spec.ID] = one
	}
	return byID
}

func (s *stage) stateOf(id string) connection.State {
	s.t.Helper()
	one, is := s.connections()[id]
	if !is || one.Status.KafkaConnect == nil {
		return ""
	}
	return one.Status.KafkaConnect.State
}

// probed is the state after an attempt of now.
func (s *stage) probed(id string) connection.State {
	s.t.Helper()
	status, body := s.ask(http.MethodPost, "/api/v1/connections/"+id+"/probe")
	require.Equal(s.t, http.StatusOK, status, body)
	return s.stateOf(id)
}

func TestTheKafkaConnectOfAContextIsAConnectionByItself(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.connect.SetPassword("manager", "hunter2")
	s.write("password", "hunter2\n")
	s.write("state.yaml", "connectors: []")
	s.configure("state: state.yaml, username: manager, password-file: password", "")
	s.begin()
	assert.Equal(t, connection.Success, s.probed("context-main"))
	is := s.connections()["context-main"]
	assert.Equal(t, connection.Metadata{Generation: 1, Origin: connection.OfContext}, is.Metadata)
	assert.Equal(t, connection.Spec{
		ID: "context-main", Name: "Kafka Connect of main", Type: connection.Direct, KafkaConnect: &connection.KafkaConnectConfig{
			Endpoints: []string{s.connect.URL()}, Username: "manager", Password: &connection.Reference{Secret: "main", Key: "password"},
		},
	}, is.Spec)
	require.NoError(t, is.Spec.Validate())
	assert.Equal(t, connection.ValidToken, is.Status.Authentication.Status)

	s.connect.SetPassword("manager", "other")
	assert.Equal(t, connection.Expired, s.probed("context-main"))
	s.write("password", "other\n")
	assert.Equal(t, connection.Success, s.probed("context-main"), "the file is read for each attempt")
	_, text := s.ask(http.MethodGet, "/metrics")
	assert.Contains(t, text, `connect_manager_connection_state{connection="context-main",part="kafka_connect",state="SUCCESS"} 1`)
	assert.NotContains(t, text+s.log.String(), "hunter2")
}

func TestConnectionsOfTheSettingsComeAndGoWithAReload(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.write("state.yaml", "connectors: []")
	const spec = `{id: %s, type: DIRECT, kafka_connect: {endpoints: ["%s"]}}`
	declared := func(ids ...string) string {
		var specs []string
		for _, id := range ids {
			specs = append(specs, fmt.Sprintf(spec, id, s.connect.URL()))
		}
		return "connections: {legacy-authentication: false, specs: [" + strings.Join(specs, ", ") + "]}"
	}
	s.configure("state: state.yaml", declared("a", "b"))
	s.begin()
	s.until(func() bool { return s.stateOf("a") == connection.Success && s.stateOf("b") == connection.Success })
	assert.Nil(t, s.connections()["a"].Status.Authentication)

	s.configure("state: state.yaml", declared("b", "c"))
	status, body := s.ask(http.MethodPost, "/api/v1/reload")
	require.Less(t, status, 300, body)
	all := s.connections()
	assert.Len(t, all, 3)
	assert.NotContains(t, all, "a")
	assert.Equal(t, connection.Success, all["b"].Status.KafkaConnect.State, "it goes on undisturbed")

	s.configure("state: state.yaml", "connections: {specs: [{id: a, type: LOCAL}]}")
	status, body = s.ask(http.MethodPost, "/api/v1/reload")
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Contains(t, body, "local_config")
	assert.Len(t, s.connections(), 3, "settings that are wrong change nothing")
}

func TestANameThatIsTooLongForAnIDEndsInADigest(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.write("state.yaml", "connectors: []")
	s.write("config.yaml", fmt.Sprintf("contexts: {%s: {endpoints: [%q], state: state.yaml}}\nserve: {listen: none, socket: socket, data: data}\n",
		strings.Repeat("long-", 30), s.connect.URL()))
	s.begin()
	for id, one := range s.connections() {
		assert.Len(t, id, connection.LongestID)
		require.NoError(t, one.Spec.Validate())
	}
}
