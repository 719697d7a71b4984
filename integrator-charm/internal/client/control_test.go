package client_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/client"
	"connectcharms/integrator-charm/internal/overlay"
	"connectcharms/requirer-lib/control"
	"connectcharms/requirer-lib/secret"
)

// to is a client of a daemon that answers so.
func to(t *testing.T, answers http.HandlerFunc) *client.Client {
	t.Helper()
	server := httptest.NewServer(answers)
	t.Cleanup(server.Close)
	asked, err := client.New(client.Config{Server: server.URL})
	require.NoError(t, err)
	t.Cleanup(asked.Close)
	return asked
}

func message() control.Message {
	return control.Message{
		Type: control.ConnectorConfig, EmittedAt: time.UnixMilli(1000),
		Config: control.Update{Set: map[string]secret.Value{"api_key": secret.New("456")}},
	}
}

func TestAMessageIsSentWithItsValuesForTheVersionThatIsMeant(t *testing.T) {
	t.Parallel()
	asked := to(t, func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "/connectors/a%2Fb%23/control?cluster=main", r.URL.EscapedPath()+"?"+r.URL.RawQuery)
		assert.Equal(t, `"7"`, r.Header.Get("If-Match"))
		assert.Equal(t, "application/json", r.Header.Get("Content-Type"))
		sent, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		got, err := control.Parse(sent)
		assert.NoError(t, err)
		assert.Equal(t, message().Config.Set, got.Config.Set)
		w.WriteHeader(http.StatusAccepted)
		_, _ = w.Write([]byte(`{"connector":"a/b#","version":8,"outcome":"taken","keys":["api_key"],"applied":false}`))
	})
	taken, err := asked.Control(t.Context(), "main", "a/b#", message(), "7")
	require.NoError(t, err)
	assert.Equal(t, overlay.Taken{Connector: "a/b#", Version: 8, Outcome: overlay.TakenIn, Keys: []string{"api_key"}}, taken)
}

func TestARefusalSaysWhichFieldsAndWhenToComeAgain(t *testing.T) {
	t.Parallel()
	asked := to(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "2")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(`{"message":"not now","problems":[{"field":"api_key","reason":"has to be a number"}]}`))
	})
	_, err := asked.Control(t.Context(), "", "orders", message(), "")
	assert.Equal(t, &client.Error{
		Status: http.StatusServiceUnavailable, Message: "not now", RetryAfter: 2 * time.Second,
		Problems: []client.Problem{{Field: "api_key", Reason: "has to be a number"}},
	}, err)
}

func TestConnectionsAreToldAsFarAsTheyComeWhole(t *testing.T) {
	t.Parallel()
	for stream, want := range map[string][]string{
		"retry: 2000\n\nid: 1\nevent: connection\ndata: {\"spec\":{\"id\":\"a\"}}\n\nevent: listed\ndata: {}\n\n": {"a", "listed"},
		": a comment\n\nevent: alive\ndata: {}\n\nevent: gone\ndata: {\"id\":\n data: x\ndata: \"b\"}\n\n":        {"gone b"},
		"event: connection\ndata: {\"spec\":{\"id\":\"a\"}}\n":                                                    nil,
		"event: connection\ndata: {\n\n":                         {"no document"},
		"event: connection\ndata: " + strings.Repeat("a", 5<<20): nil,
		"<html>": nil,
		"":       nil,
	} {
		asked := to(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, stream) })
		var told []string
		for event, err := range asked.WatchConnections(t.Context()) {
			switch {
			case err != nil && strings.Contains(err.Error(), "no connect-manager serve of this version"):
				told = append(told, "no document")
			case err != nil:
				assert.ErrorContains(t, err, "tells no more")
			case event.IsListed():
				told = append(told, "listed")
			case event.Resource != nil:
				told = append(told, event.Resource.Spec.ID)
			default:
				told = append(told, "gone "+event.Gone)
			}
		}
		assert.Equal(t, want, told, "%.60s", stream)
	}
}
