package api_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/manager"
)

func TestBadRequestsAreRefusedBeforeAnythingIsDone(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for _, each := range []struct {
		method, path, body string
		want               int
	}{
		{"POST", "/api/v1/plans/p1/approve", "{", 400},
		{"POST", "/api/v1/plans/p1/approve", `{"comment":1}`, 400},
		{"POST", "/api/v1/plans/p1/approve", `{"coment":"a"}`, 400},
		{"POST", "/api/v1/plans/p1/approve", `{}{}`, 400},
		{"POST", "/api/v1/plans/p1/approve", `[]`, 400},
		{"POST", "/api/v1/plans/p1/approve", `{"comment":"` + strings.Repeat("a", 1<<20) + `"}`, 413},
		{"POST", "/api/v1/silences", `{"duration":"for ever"}`, 400},
		{"POST", "/api/v1/silences", `{"until":"tomorrow"}`, 400},
		{"GET", "/api/v1/history?limit=-1", "", 400},
		{"GET", "/api/v1/history?limit=99999999999999999999", "", 400},
		{"GET", "/api/v1/history?before=x", "", 400},
		{"GET", "/api/v1/plans/p1/report?format=exe", "", 400},
		{"POST", "/api/v1/connectors/a/explode", "", 404},
		{"GET", "/api/v1/nothing", "", 404},
		{"PUT", "/api/v1/plan", "", 405},
		{"GET", "/connectors/RUNNING", "", 404},
		{"GET", "/api/v1/connectors/%2e%2e%2f", "", 404},
		{"GET", "/api/v1/connectors/%00", "", 404},
		{"GET", "/api/v1/connectors/" + strings.Repeat("a", 5000), "", 404},
	} {
		s.manager.take()
		role := sesame
		if strings.Contains(each.path, "/plans/") {
			role = agree
		}
		response := s.ask(each.method, each.path, each.body, role)
		assert.Equal(t, each.want, response.StatusCode, "%s %.60s", each.method, each.path)
		body := text(t, response)
		assert.Less(t, len(body), 1000, "what was sent is not sent back")
		for _, call := range s.manager.take() {
			assert.True(t, strings.HasPrefix(call, "connectors"), "%s %.60s: %s", each.method, each.path, call)
		}
		if strings.HasPrefix(each.path, "/api/") {
			assert.True(t, json.Valid([]byte(body)), body)
		}
	}
}

func TestAFormOfAnotherSiteIsNoBody(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	response := s.ask(http.MethodPost, "/api/v1/silences", "connector=a", sesame, "Content-Type: application/x-www-form-urlencoded")
	assert.Equal(t, http.StatusUnsupportedMediaType, response.StatusCode)
}

func TestWhatIsKnownIsNotSentAgainAndLargeAnswersArePacked(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	first := s.ask(http.MethodGet, "/api/v1/connectors", "", sesame, "Accept-Encoding: gzip")
	assert.Equal(t, "gzip", first.Header.Get("Content-Encoding"))
	reader, err := gzip.NewReader(first.Body)
	require.NoError(t, err)
	content, err := io.ReadAll(reader)
	require.NoError(t, err)
	assert.Contains(t, string(content), "wikipedia-irc")
	again := s.ask(http.MethodGet, "/api/v1/connectors", "", sesame, "If-None-Match: "+first.Header.Get("ETag"))
	assert.Equal(t, http.StatusNotModified, again.StatusCode)
	assert.Empty(t, text(t, again))
}

func TestTheListHasTheFirstLineOfATraceAndItsCause(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	var listed []manager.Connector
	require.NoError(t, json.NewDecoder(s.ask(http.MethodGet, "/api/v1/connectors", "", sesame).Body).Decode(&listed))
	assert.Equal(t, "java.lang.Exception: no\nCaused by: b", listed[3].Tasks[0].Trace)
	assert.True(t, listed[3].TraceCut)
	assert.Contains(t, text(t, s.ask(http.MethodGet, "/api/v1/connectors/broken", "", sesame)), `\n\tat a\n`)
}

func TestAnswersAreNotForFramesNorToBeGuessedAt(t *testing.T) {
	t.Parallel()
	header := newStage(t).ask(http.MethodGet, "/api/v1/status", "", sesame).Header
	assert.Equal(t, "nosniff", header.Get("X-Content-Type-Options"))
	assert.Contains(t, header.Get("Content-Security-Policy"), "frame-ancestors 'none'")
}

// listen opens a stream of events on a real connection.
func (s *stage) listen(query string, headers ...string) (*bufio.Reader, context.CancelFunc, int) {
	s.t.Helper()
	server := httptest.NewServer(s.open)
	s.t.Cleanup(server.Close)
	ctx, cancel := context.WithCancel(s.t.Context())
	s.t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/api/v1/events"+query, http.NoBody)
	require.NoError(s.t, err)
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = response.Body.Close() })
	return bufio.NewReader(response.Body), cancel, response.StatusCode
}

func next(t *testing.T, from *bufio.Reader) (lines string) {
	t.Helper()
	for {
		line, err := from.ReadString('\n')
		require.NoError(t, err)
		if line == "\n" {
			return lines
		}
		lines += line
	}
}

func TestEventsSayWhatToAskForAnew(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	stream, _, status := s.listen("?cluster=main", sesame)
	require.Equal(t, http.StatusOK, status)
	assert.Equal(t, "retry: 2000\n", next(t, stream))
	s.manager.Tell("elsewhere", manager.OnStatus)
	s.manager.Tell("main", manager.OnPlan, manager.OnConnectors)
	assert.Equal(t, "id: 1\nevent: changed\ndata: {\"cluster\":\"main\",\"what\":[\"connectors\",\"plan\"]}\n", next(t, stream))
}

func TestEventsEndWhenWhoListensMayNoLonger(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.api.SetAliveEvery(1)
	s.open = s.api.Open()
	stream, _, _ := s.listen("", sesame)
	next(t, stream)
	assert.Equal(t, "event: alive\ndata: {}\n", next(t, stream))
	require.NoError(t, s.api.SetTokens(nil))
	_, err := io.ReadAll(stream)
	require.NoError(t, err, "the stream ends")
}
