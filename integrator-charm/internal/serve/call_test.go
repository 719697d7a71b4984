package serve_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// calls are how often the command was run.
func (s *stage) calls() int {
	text, _ := os.ReadFile(s.path("called"))
	return strings.Count(string(text), "\n")
}

// say sends a control message of a connector's.
func (s *stage) say(connector, config string) (status int, body string) {
	s.t.Helper()
	message := fmt.Sprintf(`{"type": "CONNECTOR_CONFIG", "emitted_at": %d, "connectorConfig": {"config": %s}}`, time.Now().UnixMilli(), config)
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, "http://manager/connectors/"+connector+"/control", strings.NewReader(message))
	require.NoError(s.t, err)
	request.Header.Set("Content-Type", "application/json")
	response, err := s.client.Do(request)
	require.NoError(s.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	return response.StatusCode, string(text)
}

func TestACommandIsRunWhenConnectorsHaveChangedTheirConfigurationButNotByAStandby(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.write("state.yaml", stateFile("one"))
	call := "call: [/bin/sh, -c, 'echo >> " + s.path("called") + "']"
	s.configure(beside, "active: false, "+call)
	s.begin()
	status, body := s.say("one", `{"file": "/tmp/b"}`)
	require.Equal(t, http.StatusServiceUnavailable, status, body)
	assert.Zero(t, s.calls())

	s.configure(beside, "active: true, "+call)
	status, body = s.ask(http.MethodPost, "/api/v1/reload")
	require.Equal(t, http.StatusOK, status, body)
	s.until(func() bool { return s.calls() == 1 }) // what came while nobody led has to be kept, too
	s.until(func() bool { return len(s.connect.Connectors()) == 1 })
	status, body = s.say("one", `{"file": "/tmp/b"}`)
	require.Less(t, status, 300, body)
	s.until(func() bool { return s.calls() == 2 })
}
