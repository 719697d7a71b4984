package api_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/connections"
	"connectcharms/integrator-charm/internal/store"
	"connectcharms/requirer-lib/connection"
)

// registry is a connection as somebody asks for it.
const registry = `{"id":"registry","type":"DIRECT","schema_registry":{"uri":"https://registry.example.org",` +
	`"credentials":{"type":"BASIC","username":"ada","password":{"secret":"registry","key":"password"}}}}`

// links are connections as a test wants them; what is asked for is among the manager's calls.
type links struct {
	*double
	kept *connections.Registry // which tells what changes
}

// memory keeps nothing: what a test makes is there as long as it is.
type memory struct{}

func (memory) Connections(context.Context) ([]store.Connection, error) { return nil, nil }
func (memory) SaveConnection(context.Context, store.Connection) (generation int64, err error) {
	return 7, nil
}
func (memory) DeleteConnection(context.Context, string) error { return nil }

func (memory) Successes(context.Context) ([]store.Success, error) { return nil, nil }

func (memory) SaveSuccess(context.Context, store.Success) error { return nil }

func newLinks(t *testing.T, d *double) *links {
	t.Helper()
	kept, err := connections.New(t.Context(), connections.Options{
		Store: memory{}, Metrics: prometheus.NewRegistry(), Log: slog.New(slog.DiscardHandler), // nobody is probed: it does not run
	})
	require.NoError(t, err)
	return &links{double: d, kept: kept}
}

func (l *links) resource(id string) connection.Resource {
	spec := connection.Spec{ID: id, Type: connection.Direct, SchemaRegistry: &connection.SchemaRegistryConfig{URI: "https://registry.example.org"}}
	return connection.Resource{
		Spec: spec, Status: connection.New(spec, 7, l.when).WithAuthentication(), Metadata: connection.Metadata{Generation: 7, Origin: connection.OfAPI},
	}
}

func (l *links) List() []connection.Resource {
	_ = l.call("list")
	return []connection.Resource{l.resource("registry")}
}

func (l *links) Get(id string) (connection.Resource, error) {
	return l.resource(id), l.call("get %s", id)
}

func (l *links) Create(_ context.Context, spec connection.Spec, by string) (connection.Resource, error) {
	return l.resource(spec.ID), l.call("create %s by %s", spec.ID, by)
}

func (l *links) Update(_ context.Context, spec connection.Spec, version, by string) (connection.Resource, error) {
	return l.resource(spec.ID), l.call("update %s at %q by %s", spec.ID, version, by)
}

func (l *links) Delete(_ context.Context, id, version, by string) error {
	return l.call("delete %s at %q by %s", id, version, by)
}

func (l *links) Probe(_ context.Context, id string) (connection.Resource, error) {
	return l.resource(id), l.call("probe %s", id)
}

func (l *links) Subscribe() *connections.Subscription { return l.kept.Subscribe() }

func TestConnectionsAreLookedAtByAnyoneAndChangedByOperators(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for _, each := range []struct {
		method, path, body string
		changes            bool
	}{
		{http.MethodGet, "/api/v1/connections", "", false},
		{http.MethodGet, "/api/v1/connections/a%2Fb%23c", "", false},
		{http.MethodPost, "/api/v1/connections", registry, true},
		{http.MethodPut, "/api/v1/connections/registry", registry, true},
		{http.MethodDelete, "/api/v1/connections/registry", "", true},
		{http.MethodPost, "/api/v1/connections/registry/probe", "", true},
	} {
		for token, may := range map[string]bool{sesame: true, looking: !each.changes, agree: !each.changes, orders: false} {
			response := s.ask(each.method, each.path, each.body, token, `If-Match: "7"`)
			if may {
				assert.Less(t, response.StatusCode, 300, "%v %s", each, token)
			} else {
				assert.Equal(t, http.StatusForbidden, response.StatusCode, "%v %s", each, token)
			}
		}
	}
	calls := s.manager.take()
	assert.Contains(t, calls, "get a/b#c")
	assert.Contains(t, calls, `update registry at "\"7\"" by ada`)
	assert.Contains(t, calls, `delete registry at "\"7\"" by ada`)
	assert.Equal(t, `"7"`, s.ask(http.MethodGet, "/api/v1/connections/registry", "", looking).Header.Get("ETag"))
}

func TestAConnectionThatIsWrongIsRefusedFieldByField(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := readContract(t, s)
	id := func(n int) string {
		return strings.Replace(registry, `"id":"registry"`, fmt.Sprintf(`"id":%q`, strings.Repeat("a", n)), 1)
	}
	for _, each := range []struct {
		body string
		want int
		says string
	}{
		{"", 422, "is not JSON"},
		{"{", 422, "is not JSON"},
		{"[]", 422, "must be an object"},
		{id(0), 422, `"field":"id"`},
		{id(64), 201, ""},
		{id(65), 422, `"field":"id"`},
		{`{"id":"a","type":"CCLOUD","ccloud_config":{"organization_id":"short"}}`, 422, `"field":"ccloud_config.organization_id"`},
		{strings.Replace(registry, `{"secret":"registry","key":"password"}`, `"hunter2"`, 1), 422, `"field":"schema_registry.credentials.password"`},
		{strings.Repeat(`{"a":`, 10_000), 422, "is not JSON"},
		{strings.Repeat(" ", 50<<20), 413, "bytes"},
	} {
		response := s.ask(http.MethodPost, "/api/v1/connections", each.body, sesame)
		require.Equal(t, each.want, response.StatusCode, "%.100s", each.body)
		said := text(t, response)
		assert.Contains(t, said, each.says)
		assert.NotContains(t, said, "hunter2")
		response.Body = http.NoBody
	}
	refused := s.ask(http.MethodPost, "/api/v1/connections", "{}", sesame)
	c.holds(t, http.MethodPost, "/api/v1/connections", refused)
	assert.Equal(t, http.StatusUnsupportedMediaType, s.ask(http.MethodPost, "/api/v1/connections", registry, sesame, "Content-Type: text/plain").StatusCode)
	s.manager.take()
	assert.Equal(t, http.StatusUnprocessableEntity, s.ask(http.MethodPut, "/api/v1/connections/another", registry, sesame).StatusCode)
	assert.Empty(t, s.manager.take())
}

func TestWhyAConnectionIsNotChangedHasItsStatus(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]int{
		connections.ErrNotFound: 404, connections.ErrVersion: 412, connections.ErrFixed: 409, connections.ErrTaken: 409, connections.ErrTooMany: 409, connections.ErrEnding: 503,
	} {
		s := newStage(t)
		s.manager.fail("update", err)
		assert.Equal(t, want, s.ask(http.MethodPut, "/api/v1/connections/registry", registry, sesame).StatusCode, err)
	}
}

func TestConnectionsAreFollowedWhole(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	_, err := s.links.kept.Create(t.Context(), s.links.resource("registry").Spec, "ada")
	require.NoError(t, err)
	server := httptest.NewServer(s.open)
	t.Cleanup(server.Close)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/api/v1/events/connections", http.NoBody)
	require.NoError(t, err)
	request.Header.Set("Authorization", "just looking")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	t.Cleanup(func() { _ = response.Body.Close() })
	stream := bufio.NewReader(response.Body)
	assert.Equal(t, "retry: 2000\n", next(t, stream))
	first := next(t, stream)
	assert.True(t, strings.HasPrefix(first, "id: 1\nevent: connection\ndata: {\"spec\":{\"id\":\"registry\""), first)
	assert.Equal(t, "id: 2\nevent: listed\ndata: {}\n", next(t, stream))
	require.NoError(t, s.links.kept.Delete(t.Context(), "registry", "", "ada"))
	assert.Equal(t, "id: 3\nevent: gone\ndata: {\"id\":\"registry\"}\n", next(t, stream))
}
