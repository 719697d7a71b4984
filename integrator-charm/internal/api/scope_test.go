package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/settings"
)

// isForEveryone says whether a route of the contract asks for no token.
func isForEveryone(path string) bool {
	return strings.HasPrefix(path, "/health/") || strings.HasPrefix(path, "/hooks/") || path == "/api/v1/session"
}

func TestAConnectorsTokenIsNotGoodForALook(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for operation, each := range asked {
		method, path, _ := strings.Cut(operation, " ")
		if isForEveryone(path) || strings.HasSuffix(path, "/control") {
			continue
		}
		response := s.ask(method, each.path, each.body, orders)
		assert.Equal(t, http.StatusForbidden, response.StatusCode, operation)
	}
	assert.Equal(t, http.StatusForbidden, s.ask(http.MethodPost, "/api/v1/session", `{"token":"of orders"}`).StatusCode)
	assert.Empty(t, s.manager.take())
}

func TestASessionEndsWithTheRightToLook(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	cookie := s.logIn("just looking")
	require.NoError(t, s.api.SetTokens([]settings.Token{{
		Name: "viewer", SHA256: sum("just looking"), Roles: []settings.Role{settings.Connector}, Connectors: []string{"*"},
	}}))
	assert.Equal(t, http.StatusForbidden, s.ask(http.MethodGet, "/api/v1/status", "", cookie).StatusCode)
}
