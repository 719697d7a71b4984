package manager_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/said"
)

// controlled begins a daemon for one connector, which has a token of its own.
func controlled(t *testing.T, h *house, name, serve string) *stage {
	t.Helper()
	s := h.stage(t)
	s.sayOf(name, "batch.size: 100")
	s.configure(serve, "main: {endpoints: ['"+s.worker.URL()+"'], state: state.yaml}")
	s.rewrite("tokens: [", fmt.Sprintf("tokens: [{name: of-%[1]s, sha256: %[2]s, roles: [connector], connectors: [%[1]s]}, ", name, digest("of "+name)))
	s.begin()
	s.until("it runs", func() bool { return s.connector(name, "").State == "RUNNING" })
	return s
}

// sayOf writes the state file.
func (s *stage) sayOf(name, settings string) {
	s.t.Helper()
	s.write("state.yaml", fmt.Sprintf(`manager: %[1]s
connectors:
  - name: %[1]s
    config: {connector.class: org.apache.kafka.connect.file.FileStreamSourceConnector, file: /nonexistent, topic: %[1]s, %[2]s}
`, name, settings))
}

// says is a control message of the connector's.
func says(at time.Time, config string) string {
	return fmt.Sprintf(`{"type":"CONTROL","control":{"type":"CONNECTOR_CONFIG","emitted_at":%d,"connectorConfig":{"config":%s}}}`, at.UnixMilli(), config)
}

// tells sends a control message with the connector's own token.
func (s *stage) tells(name, message string, headers ...string) (status int, answer string) {
	s.t.Helper()
	return s.askAs("of "+name, http.MethodPost, "/connectors/"+name+"/control", message, headers...)
}

// took is what a message has come to.
type took struct {
	Version int
	Outcome string
	Keys    []string
}

// taken sends a message that is taken.
func (s *stage) taken(name, message string) (taken took) {
	s.t.Helper()
	status, answer := s.tells(name, message)
	require.Contains(s.t, []int{http.StatusOK, http.StatusAccepted}, status, answer)
	require.NoError(s.t, json.Unmarshal([]byte(answer), &taken), answer)
	return taken
}

// untilSet waits until Kafka Connect has a value.
func (s *stage) untilSet(client *connect.Client, name, key, value string) {
	s.t.Helper()
	s.until(key+" is "+value, func() bool {
		config, err := client.Config(s.t.Context(), name)
		return err == nil && config[key] == value
	})
}

func whatAConnectorChangesLasts(t *testing.T, h *house) {
	const name = "changing"
	s := controlled(t, h, name, "interval: 1s")
	client := s.client()
	noon := time.Now().Add(-time.Hour)
	at := func(minute int) time.Time { return noon.Add(time.Duration(minute) * time.Minute) }

	assert.Equal(t, took{1, "taken", []string{"batch.size"}}, s.taken(name, says(at(1), `{"batch.size":500}`)))
	s.untilSet(client, name, "batch.size", "500")
	config, err := client.Config(t.Context(), name)
	require.NoError(t, err)
	assert.Equal(t, name, config["topic"], "the rest stays")

	t.Log("the same again, and what was said before: once")
	assert.Equal(t, took{1, "duplicate", []string{}}, s.taken(name, says(at(1), `{"batch.size":500}`)))
	assert.Equal(t, "stale", s.taken(name, says(at(0), `{"batch.size":1}`)).Outcome)
	status, answer := s.tells(name, says(at(2), `{"batch.size":600}`), `If-Match: "9"`)
	assert.Equal(t, http.StatusPreconditionFailed, status, answer)

	t.Log("a sync does not undo it, nor does a daemon that is killed")
	require.NoError(t, s.serve.Process.Kill())
	_ = s.serve.Wait()
	s.begin()
	status, answer = s.ask(http.MethodPost, "/connectors/sync")
	require.Equal(t, http.StatusOK, status, answer)
	assert.Contains(t, answer, `"unchanged":["`+name+`"]`)
	out, err := s.run("", "plan")
	require.NoError(t, err, "by the command line neither: %s", out)
	out, err = s.run("", "overlay", "show", name)
	require.NoError(t, err, out)
	assert.Contains(t, out, name+"  version 1  applied\n")
	assert.Regexp(t, `batch.size +"500" .* of-`+name, out)

	t.Log("the state file says something else: of another key, then of this one")
	s.sayOf(name, "batch.size: 100, errors.log.enable: 'true'")
	s.untilSet(client, name, "errors.log.enable", "true")
	s.untilSet(client, name, "batch.size", "500")
	s.sayOf(name, "batch.size: 700")
	s.untilSet(client, name, "batch.size", "700")
	require.NotEqual(t, "stale", s.taken(name, says(at(3), `{"batch.size":900}`)).Outcome)
	s.untilSet(client, name, "batch.size", "900")

	t.Log("somebody gives it back")
	version := get[struct{ Version int }](s, "/api/v1/overlays/"+name).Version
	out, err = s.run("", "overlay", "clear", name, "batch.size")
	require.Error(t, err, "nobody has confirmed: %s", out)
	out, err = s.run("", "overlay", "clear", name, "batch.size", "--yes", "--version", strconv.Itoa(version))
	require.NoError(t, err, out)
	s.untilSet(client, name, "batch.size", "700")
	assert.Equal(t, "duplicate", s.taken(name, says(at(3), `{"batch.size":900}`)).Outcome, "what was said before does not come back")
	assert.Equal(t, "stale", s.taken(name, says(at(2), `{"batch.size":800}`)).Outcome)

	history := get[[]struct{ Kind, By string }](s, "/api/v1/history?limit=100")
	assert.Contains(t, history, struct{ Kind, By string }{"control", "of-" + name})
}

func aNonconformingMessageStops(t *testing.T, h *house) {
	const name = "conforming"
	told := make(chan string, 100)
	owner := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		told <- string(text)
	}))
	t.Cleanup(owner.Close)
	s := h.stage(t)
	s.write("hook.url", owner.URL)
	s = controlled(t, h, name, "interval: 1s\n  notify: {group-wait: 100ms, group-interval: 1s, default: {webhook-file: "+s.dir+"/hook.url}}")
	client := s.client()

	status, answer := s.tells(name, says(time.Now(), `{"batch.size":"hunter2"}`))
	require.Equal(t, http.StatusUnprocessableEntity, status, answer)
	var refused struct {
		Problems []struct{ Field, Reason string }
	}
	require.NoError(t, json.Unmarshal([]byte(answer), &refused))
	require.Len(t, refused.Problems, 1)
	assert.Equal(t, "batch.size", refused.Problems[0].Field)
	assert.Contains(t, refused.Problems[0].Reason, "type INT")

	s.until("it is stopped", func() bool { return s.connector(name, "").State == "STOPPED" })
	config, err := client.Config(t.Context(), name)
	require.NoError(t, err)
	assert.Equal(t, "100", config["batch.size"], "what is stored stays as it was")
	status, answer = s.ask(http.MethodPost, "/connectors/sync")
	require.Equal(t, http.StatusOK, status, answer)
	assert.Equal(t, "STOPPED", s.connector(name, "").State, "a sync does not have it go on")
	assert.Equal(t, []string{name}, get[struct{ Halted []string }](s, "/api/v1/status").Halted)
	out, err := s.run("", "daemon", "status")
	require.NoError(t, err, out)
	assert.Regexp(t, `(?m)^  stopped: +`+name+` since .*batch\.size`, out)
	s.until("its owner is told", func() bool {
		select {
		case message := <-told:
			return strings.Contains(message, name) && strings.Contains(message, "batch.size")
		default:
			return false
		}
	})

	s.taken(name, says(time.Now(), `{"batch.size":300}`))
	s.until("it goes on", func() bool { return s.connector(name, "").State == "RUNNING" })
	s.untilSet(client, name, "batch.size", "300")
}

func aConnectorsTokenIsForItsMessages(t *testing.T, h *house) {
	const name = "scoped"
	s := controlled(t, h, name, "interval: 1h")
	for _, request := range [][2]string{
		{http.MethodGet, "/connectors/running"},
		{http.MethodGet, "/api/v1/connectors/" + name},
		{http.MethodGet, "/api/v1/overlays/" + name},
		{http.MethodDelete, "/api/v1/overlays/" + name},
		{http.MethodGet, "/api/v1/events"},
		{http.MethodGet, "/api/v1/connections"},
		{http.MethodGet, "/metrics"},
		{http.MethodGet, "/api/v1/me"},
		{http.MethodPost, "/connectors/sync"},
		{http.MethodPost, "/api/v1/connectors/" + name + "/stop"},
		{http.MethodPost, "/connectors/another/control"},
		{http.MethodPost, "/connectors/no-such/control"},
		{http.MethodPost, "/connectors/" + name + "%2F..%2Fanother/control"},
		{http.MethodGet, "/api/v1/charm/overlays"},
	} {
		status, answer := s.askAs("of "+name, request[0], request[1], says(time.Now(), `{"batch.size":1}`))
		assert.Equal(t, http.StatusForbidden, status, "%v: %s", request, answer)
	}
	status, answer := s.askAs("open sesame", http.MethodGet, "/api/v1/charm/overlays", "")
	assert.Equal(t, http.StatusForbidden, status, answer)
	theOthersPassThePipe(t, s, name)
	lines := says(time.Now(), `{"batch.size":200}`) + "\n{\"type\":\"RECORD\"}\n" + says(time.Now(), `{"batch.size":[]}`) + "\n"
	status, answer = s.tells(name, lines, "Content-Type: application/x-ndjson")
	require.Equal(t, http.StatusOK, status, answer)
	assert.Regexp(t, `^{"line":1,"status":20[02],.*\n{"line":3,"status":422,.*\n$`, answer)
}

// theOthersPassThePipe has what a connector's process writes go through connect-manager control, with the connector's own token.
func theOthersPassThePipe(t *testing.T, s *stage, name string) {
	t.Helper()
	record, trace := `{"type":"RECORD","record":{"stream":"lines","data":{"b":1,"a":"ü"}}}`+"\n", "a stack trace, and no end of line"
	command := s.command("control", "--connector", name)
	command.Env = append(command.Env, "CONNECT_SERVER="+s.url, "CONNECT_TOKEN_FILE="+s.write("own-token", "of "+name))
	command.Stdin = strings.NewReader(record + says(time.Now(), `{"batch.size":150}`) + "\n" + record + trace)
	told := &said.Lines{}
	command.Stderr = told
	passed, err := command.Output()
	require.NoError(t, err, told)
	assert.Equal(t, record+record+trace, string(passed))
	assert.Contains(t, told.String(), "batch.size")
	s.untilSet(s.client(), name, "batch.size", "150")
}
