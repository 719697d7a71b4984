package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/manager"
	"connectcharms/integrator-charm/internal/overlay"
	"connectcharms/requirer-lib/connect"
)

// token456 is the message of the protocol's own example.
const token456 = `{"type":"CONTROL","control":{"type":"CONNECTOR_CONFIG","emitted_at":1795420800000,"connectorConfig":{"config":{"api_key":456}}}}`

const asLines = "Content-Type: application/x-ndjson"

func TestAMessageIsTakenFromItsConnectorAndFromOperators(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for token, want := range map[string]int{orders: 202, sesame: 202, looking: 403, agree: 403, "Authorization: nobody": 401} {
		assert.Equal(t, want, s.ask(http.MethodPost, "/connectors/orders-1/control", token456, token).StatusCode, token)
	}
	assert.ElementsMatch(t, []string{
		`control orders-1 on  by orders, at "": api_key`, `control orders-1 on  by ada, at "": api_key`,
	}, s.manager.take())
	taken := s.ask(http.MethodPost, "/connectors/orders-1/control?cluster=main", token456, orders, `If-Match: "6"`)
	assert.Equal(t, `"7"`, taken.Header.Get("ETag"))
	assert.JSONEq(t, `{"connector":"orders-1","version":7,"outcome":"taken","keys":["api_key"],"applied":false}`, text(t, taken))
	assert.Equal(t, []string{`control orders-1 on main by orders, at "6": api_key`}, s.manager.take())
}

func TestWhetherThereIsAConnectorIsNotToldToOthersTokens(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.manager.fail("control", manager.ErrNotFound)
	said := map[string]struct{}{}
	for _, path := range []string{
		"/connectors/replicate-topic/control", "/connectors/nothing/control", "/connectors/Orders-1/control", "/connectors/an-orders-1/control",
		"/connectors/%6frder/control", "/connectors/x%2Forders-1/control", "/connectors/orders/control", "/connectors/%00orders-1/control",
		"/connectors/orders-1/control?cluster=elsewhere", "/connectors/replicate-topic/control?name=orders-1",
	} {
		refused := s.ask(http.MethodPost, path, token456, orders)
		assert.Equal(t, http.StatusForbidden, refused.StatusCode, path)
		said[text(t, refused)] = struct{}{}
	}
	assert.Len(t, said, 1, "all are told the same")
	assert.Empty(t, s.manager.take(), "nobody has looked for it")
	assert.Equal(t, http.StatusNotFound, s.ask(http.MethodPost, "/connectors/orders-none/control", token456, orders).StatusCode)
}

func TestAConnectorsNameMayBeAnyText(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for path, want := range map[string]string{
		"orders-a%2Fb": "orders-a/b", "orders-%25": "orders-%", "orders-%C3%BC": "orders-ü", "orders-a%20b": "orders-a b", "orders-%3Fx": "orders-?x",
	} {
		require.Equal(t, http.StatusAccepted, s.ask(http.MethodPost, "/connectors/"+path+"/control", token456, orders).StatusCode, path)
		assert.Equal(t, []string{fmt.Sprintf(`control %s on  by orders, at "": api_key`, want)}, s.manager.take())
	}
}

func TestWhatBecameOfAMessageHasItsStatus(t *testing.T) {
	t.Parallel()
	nonconforming := &overlay.Nonconforming{Connector: "orders-1", Problems: []overlay.Problem{{Field: "api_key", Reason: "has to be a number"}}}
	for _, each := range []struct {
		err   error
		want  int
		again string
	}{
		{nonconforming, 422, ""},
		{overlay.ErrVersion, 412, ""},
		{overlay.ErrNoWay, 409, ""},
		{manager.ErrNotFound, 404, ""},
		{manager.ErrStandby, 503, "2"},
		{manager.ErrCluster, 503, "2"},
		{manager.ErrEnding, 503, "2"},
		{&connect.APIError{Status: http.StatusConflict}, 503, "2"},
		{errors.New("disk full"), 500, ""},
	} {
		s := newStage(t)
		s.manager.fail("control", fmt.Errorf("connector orders-1: %w", each.err))
		response := s.ask(http.MethodPost, "/connectors/orders-1/control", token456, orders)
		assert.Equal(t, each.want, response.StatusCode, each.err)
		assert.Equal(t, each.again, response.Header.Get("Retry-After"), each.err)
		readContract(t, s).holds(t, http.MethodPost, "/connectors/{name}/control", response)
	}
	s := newStage(t)
	s.manager.fail("control", nonconforming)
	assert.Contains(t, text(t, s.ask(http.MethodPost, "/connectors/orders-1/control", token456, orders)),
		`"problems":[{"field":"api_key","reason":"has to be a number"}]`)
}

func TestWhatIsNoControlMessageIsTakenByNobody(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := readContract(t, s)
	for _, each := range []struct {
		body, header string
		want         int
	}{
		{"", "", 422},
		{"{", "", 422},
		{"null", "", 422},
		{token456 + token456, "", 422},
		{`{"type":"RECORD","record":{"data":{"api_key":456}}}`, "", 422},
		{strings.Replace(token456, "456", `{"a":"hunter2"}`, 1), "", 422},
		{strings.Replace(token456, "1795420800000", "99999999999999", 1), "", 422},
		{strings.Repeat(`{"type":`, 100_000), "", 422},
		{strings.Repeat(" ", 50<<20), "", 413},
		{token456, "Content-Type: text/plain", 415},
		{token456, "Content-Type: application/x-www-form-urlencoded", 415},
		{token456, "Content-Type: application/jsonx", 415},
		{token456, "Content-Type: ;;", 415},
		{token456, "If-Match: 7", 400},
		{token456, `If-Match: W/"7"`, 400},
		{token456, `If-Match: "6", "7"`, 400},
	} {
		headers := []string{orders}
		if each.header != "" {
			headers = append(headers, each.header)
		}
		refused := s.ask(http.MethodPost, "/connectors/orders-1/control", each.body, headers...)
		assert.Equal(t, each.want, refused.StatusCode, "%.40s %s", each.body, each.header)
		said := text(t, refused)
		assert.Less(t, len(said), 1000)
		assert.NotContains(t, said, "hunter2")
		refused.Body = io.NopCloser(strings.NewReader(said))
		c.holds(t, http.MethodPost, "/connectors/{name}/control", refused)
	}
	for _, call := range s.manager.take() {
		assert.Equal(t, "refuse orders-1 on  by orders", call)
	}
	assert.Equal(t, http.StatusAccepted, s.ask(http.MethodPost, "/connectors/orders-1/control", token456, orders, "Content-Type: application/json; charset=utf-8").StatusCode)
}

func TestAConfigurationThatIsNoneIsTheConnectorsNonconformity(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	wrong := strings.Replace(token456, "456", `{"a":1}`, 1)
	s.manager.fail("refuse", &overlay.Nonconforming{Connector: "orders-1", Problems: []overlay.Problem{{Field: "api_key", Reason: "is no text"}}})
	assert.Contains(t, text(t, s.ask(http.MethodPost, "/connectors/orders-1/control", wrong, orders)), "connector orders-1: its control message does not conform")
	s.manager.fail("refuse", manager.ErrCluster)
	assert.Equal(t, http.StatusServiceUnavailable, s.ask(http.MethodPost, "/connectors/orders-1/control", wrong, orders).StatusCode, "it could not be stopped")
	assert.Equal(t, http.StatusUnprocessableEntity, s.ask(http.MethodPost, "/connectors/orders-1/control", `{"type":"RECORD","record":{}}`, orders).StatusCode)
	assert.Len(t, s.manager.take(), 2, "a record is no control message at all")
}

func TestEachMessageOfAStreamHasItsAnswer(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := readContract(t, s)
	body := strings.Join([]string{
		`{"type":"RECORD","record":{"data":{}}}`, token456, "no JSON at all", strings.Replace(token456, "456", "[1]", 1), "",
		strings.Replace(token456, "456", `"`+strings.Repeat("a", 2<<20)+`"`, 1), strings.Replace(token456, "api_key", "start_date", 1),
	}, "\n")
	response := s.ask(http.MethodPost, "/connectors/orders-1/control", body, orders, asLines)
	require.Equal(t, http.StatusOK, response.StatusCode)
	assert.Equal(t, "application/x-ndjson", response.Header.Get("Content-Type"))
	var told []string
	for line := range strings.Lines(text(t, response)) {
		var said struct{ Line, Status int }
		require.NoError(t, json.Unmarshal([]byte(line), &said))
		told = append(told, fmt.Sprint(said.Line, " ", said.Status))
		c.holds(t, http.MethodPost, "/connectors/{name}/control", &http.Response{
			StatusCode: http.StatusOK, Header: response.Header, Body: io.NopCloser(strings.NewReader(line)),
		})
	}
	assert.Equal(t, []string{"2 202", "4 422", "6 422", "7 202"}, told)
	assert.Equal(t, []string{
		`control orders-1 on  by orders, at "": api_key`, "refuse orders-1 on  by orders", "refuse orders-1 on  by orders",
		`control orders-1 on  by orders, at "": start_date`,
	}, s.manager.take())
	assert.Equal(t, http.StatusBadRequest, s.ask(http.MethodPost, "/connectors/orders-1/control", body, orders, asLines, `If-Match: "7"`).StatusCode)
}

func TestAfterAMessageThatCannotBeTakenNowNoneOfTheStreamIsTried(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.manager.fail("control", manager.ErrCluster)
	response := s.ask(http.MethodPost, "/connectors/orders-1/control", strings.Repeat(token456+"\n", 3), orders, asLines)
	assert.Equal(t, 3, strings.Count(text(t, response), `"status":503`))
	assert.Len(t, s.manager.take(), 1)
}

func TestAStreamHasAnEnd(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	response := s.ask(http.MethodPost, "/connectors/orders-1/control", strings.Repeat(token456+"\n", 1500), orders, asLines)
	lines := strings.Split(strings.TrimSpace(text(t, response)), "\n")
	assert.Len(t, lines, 1001)
	assert.Contains(t, lines[1000], `"status":413`)
	assert.Len(t, s.manager.take(), 1000)

	large := strings.Repeat(`{"type":"RECORD","data":"`+strings.Repeat("a", 64<<10)+`"}`+"\n", 150) + token456
	response = s.ask(http.MethodPost, "/connectors/orders-1/control", large, orders, asLines)
	assert.Contains(t, text(t, response), `"status":413`)
	assert.Empty(t, s.manager.take())
}

// held is a body of which nothing comes until it is let go.
type held struct{ entered, leave chan struct{} }

func (h held) Read([]byte) (int, error) {
	h.entered <- struct{}{}
	<-h.leave
	return 0, io.EOF
}

func TestAConnectorThatKeepsRequestsOpenHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	slow := held{make(chan struct{}), make(chan struct{})}
	ended := make(chan struct{})
	for range 16 {
		go func() {
			request := httptest.NewRequestWithContext(s.t.Context(), http.MethodPost, "/connectors/orders-1/control", slow)
			request.Header.Set("Authorization", "of orders")
			s.open.ServeHTTP(httptest.NewRecorder(), request)
			ended <- struct{}{}
		}()
	}
	for range 16 {
		<-slow.entered
	}
	assert.Equal(t, http.StatusServiceUnavailable, s.ask(http.MethodPost, "/connectors/orders-1/control", token456, orders).StatusCode)
	assert.Equal(t, http.StatusAccepted, s.ask(http.MethodPost, "/connectors/orders-1/control", token456, sesame).StatusCode)
	close(slow.leave)
	for range 16 {
		<-ended
	}
	assert.Equal(t, http.StatusAccepted, s.ask(http.MethodPost, "/connectors/orders-1/control", token456, orders).StatusCode)
}

// broken is a body that comes to an end before it is whole.
type broken struct {
	text io.Reader
	err  error
}

func (b broken) Read(into []byte) (int, error) {
	n, err := b.text.Read(into)
	if errors.Is(err, io.EOF) {
		err = b.err
	}
	return n, err
}

func TestABodyThatDoesNotComeWholeIsNoMessage(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for err, want := range map[error]int{os.ErrDeadlineExceeded: http.StatusRequestTimeout, io.ErrUnexpectedEOF: http.StatusBadRequest} {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/connectors/orders-1/control", broken{strings.NewReader(token456), err})
		request.Header.Set("Authorization", "of orders")
		recorder := httptest.NewRecorder()
		s.open.ServeHTTP(recorder, request)
		assert.Equal(t, want, recorder.Code, err)
	}
	assert.Empty(t, s.manager.take())
}

func TestOfAStreamWhoseSenderHasGoneNothingMoreIsTaken(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ctx, gone := context.WithCancel(t.Context())
	gone()
	request := httptest.NewRequestWithContext(ctx, http.MethodPost, "/connectors/orders-1/control", strings.NewReader(token456))
	request.Header.Set("Authorization", "of orders")
	request.Header.Set("Content-Type", "application/x-ndjson")
	s.open.ServeHTTP(httptest.NewRecorder(), request)
	assert.Empty(t, s.manager.take())
}

func TestWhoGuessesAtTokensOfConnectorsIsLeftWaiting(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for guess := range 20 {
		wrong := fmt.Sprint("Authorization: guess ", guess)
		assert.Equal(t, http.StatusUnauthorized, s.ask(http.MethodPost, "/connectors/orders-1/control", token456, wrong).StatusCode)
	}
	assert.Equal(t, http.StatusTooManyRequests, s.ask(http.MethodPost, "/connectors/orders-1/control", token456, orders).StatusCode)
}

func TestAnotherSitesPageSendsNoControlMessageWithACookie(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	cookie := s.logIn("open sesame")
	s.manager.take()
	assert.Equal(t, http.StatusForbidden, s.ask(http.MethodPost, "/connectors/orders-1/control", token456, cookie, "Sec-Fetch-Site: cross-site").StatusCode)
	assert.Equal(t, http.StatusForbidden, s.ask(http.MethodDelete, "/api/v1/overlays/orders-1", "", cookie, "Origin: https://evil.example").StatusCode)
	assert.Empty(t, s.manager.take())
	assert.Equal(t, http.StatusAccepted, s.ask(http.MethodPost, "/connectors/orders-1/control", token456, cookie, "Sec-Fetch-Site: same-origin").StatusCode)
}
