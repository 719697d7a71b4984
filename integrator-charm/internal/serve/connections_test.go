package serve_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

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

// send is ask with a body.
func (s *stage) send(method, path, body string) (status int, answer string) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, "http://manager"+path, strings.NewReader(body))
	require.NoError(s.t, err)
	request.Header.Set("Content-Type", "application/json")
	response, err := s.client.Do(request)
	require.NoError(s.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	return response.StatusCode, string(text)
}

// cloud is Confluent Cloud's API as far as it is asked, written after its reference.
func cloud(t *testing.T, token string) (uri string, refuse func()) {
	t.Helper()
	var refuses atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refuses.Load() || r.Header.Get("Authorization") != "Bearer "+token {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = fmt.Fprintf(w, `{"data": [{"id": %q}]}`, organization)
	}))
	t.Cleanup(server.Close)
	return server.URL, func() { refuses.Store(true) }
}

const organization = "23b1185e-d874-4f61-81d6-c9c61aa8969c"

// tokenUntil is one that says of itself when it ends. Nobody has signed it.
func tokenUntil(ends time.Time) string {
	part := base64.RawURLEncoding.EncodeToString
	return part([]byte(`{"alg":"none"}`)) + "." + part(fmt.Appendf(nil, `{"sub":"u-1","exp":%d}`, ends.Unix())) + ".x"
}

// TestThePublishedStatusesOfConfluentCloud plays the published text through the daemon: a new connection has NO_TOKEN, one that has got
// in VALID_TOKEN (the text's example says SUCCESS by a slip), and errors are told with INVALID_TOKEN and FAILED alone.
func TestThePublishedStatusesOfConfluentCloud(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ends := time.Now().Add(24 * time.Hour).Truncate(time.Second).UTC()
	token := tokenUntil(ends)
	uri, refuse := cloud(t, token)
	s.write("state.yaml", "connectors: []")
	require.NoError(t, os.Mkdir(s.path("secrets"), 0o700))
	s.write("secrets/cloud", token)
	s.configure("state: state.yaml", "connections: {secrets-dir: secrets}")
	s.begin()

	status, body := s.send(http.MethodPost, "/api/v1/connections", `{"id": "c1", "name": "Cloud", "type": "CCLOUD", "ccloud_config": {"organization_id": "`+organization+`"}}`)
	require.Equal(t, http.StatusCreated, status, body)
	is := s.connections()["c1"].Status
	assert.Equal(t, connection.None, is.CCloud.State)
	assert.Equal(t, &connection.Authentication{Status: connection.NoToken}, is.Authentication)

	with := func(uri string) string {
		return fmt.Sprintf(`{"id": "c1", "type": "CCLOUD", "ccloud_config": {"organization_id": %q, "uri": %q,
		  "credentials": {"type": "OAUTHBEARER", "token": {"secret": "cloud"}}}}`, organization, uri)
	}
	after := func() connection.Status {
		t.Helper()
		status, body := s.ask(http.MethodPost, "/api/v1/connections/c1/probe")
		require.Equal(t, http.StatusOK, status, body)
		assert.NotContains(t, body, token)
		return s.connections()["c1"].Status
	}
	status, body = s.send(http.MethodPut, "/api/v1/connections/c1", with(uri))
	require.Equal(t, http.StatusOK, status, body)
	is = after()
	assert.Equal(t, connection.Success, is.CCloud.State, is.CCloud.Errors)
	assert.Equal(t, organization, is.CCloud.User.OrganizationID)
	assert.Equal(t, &connection.Authentication{Status: connection.ValidToken, User: is.CCloud.User, RequiresAuthenticationAt: ends}, is.Authentication)

	refuse()
	is = after()
	assert.Equal(t, connection.Expired, is.CCloud.State)
	assert.Contains(t, is.CCloud.Errors, connection.PhaseAuthenticate)
	assert.Equal(t, &connection.Authentication{Status: connection.InvalidToken, User: is.CCloud.User, Errors: is.CCloud.Errors}, is.Authentication)

	status, body = s.send(http.MethodPut, "/api/v1/connections/c1", with("http://127.0.0.1:1"))
	require.Equal(t, http.StatusOK, status, body)
	is = after()
	assert.Equal(t, connection.Failed, is.CCloud.State)
	assert.Equal(t, &connection.Authentication{Status: connection.AuthenticationFailed, Errors: is.CCloud.Errors}, is.Authentication)
}
