package api_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/settings"
)

func sum(text string) string {
	digest := sha256.Sum256([]byte(text))
	return hex.EncodeToString(digest[:])
}

func TestATokenIsTheWholeHeaderOrFollowsBearer(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for header, want := range map[string]int{
		"open sesame":         http.StatusOK,
		"Bearer open sesame":  http.StatusOK,
		"bearer open sesame":  http.StatusOK,
		" open sesame ":       http.StatusOK,
		"Open Sesame":         http.StatusUnauthorized,
		"open":                http.StatusUnauthorized,
		"":                    http.StatusUnauthorized,
		"Bearer":              http.StatusUnauthorized,
		"Basic open sesame":   http.StatusUnauthorized,
		sum("open sesame"):    http.StatusUnauthorized,
		"Bearer open sesame ": http.StatusOK,
	} {
		assert.Equal(t, want, s.ask(http.MethodGet, "/connectors/running", "", "Authorization: "+header).StatusCode, "%q", header)
	}
	refused := s.ask(http.MethodGet, "/connectors/running", "")
	assert.Contains(t, refused.Header.Get("WWW-Authenticate"), "Bearer")
	assert.Equal(t, "no token: send it in the header Authorization\n", text(t, refused))
}

func TestWithoutTokensNobodyComesInButByTheSocket(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	require.NoError(t, s.api.SetTokens(nil))
	for _, header := range []string{sesame, "Authorization: ", "Authorization: Bearer "} {
		assert.Equal(t, http.StatusUnauthorized, s.ask(http.MethodGet, "/connectors/running", "", header).StatusCode)
	}
	assert.Equal(t, http.StatusOK, s.ask(http.MethodGet, "/health/live", "").StatusCode)
	recorder := httptest.NewRecorder()
	s.api.Local().ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/v1/plans/p1/approve", nil))
	assert.Equal(t, http.StatusOK, recorder.Code)
}

func TestRolesAreWhatOneMayDo(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for request, may := range map[[2]string][]string{
		{http.MethodGet, "/api/v1/plan"}:                    {sesame, looking, agree},
		{http.MethodGet, "/api/v1/plans"}:                   {sesame, looking, agree},
		{http.MethodGet, "/api/v1/receivers"}:               {sesame, looking, agree},
		{http.MethodGet, "/metrics"}:                        {sesame, looking, agree},
		{http.MethodGet, "/openapi.json"}:                   {sesame, looking, agree},
		{http.MethodPost, "/connectors/sync"}:               {sesame},
		{http.MethodPost, "/api/v1/reload"}:                 {sesame},
		{http.MethodPost, "/api/v1/connectors/a/pause"}:     {sesame},
		{http.MethodDelete, "/api/v1/connectors/a"}:         {sesame},
		{http.MethodPost, "/api/v1/plans/p1/approve"}:       {agree},
		{http.MethodPost, "/api/v1/plans/p1/reject"}:        {agree},
		{http.MethodDelete, "/api/v1/silences/s1"}:          {sesame},
		{http.MethodPost, "/api/v1/connectors/a/detonate"}:  nil,
		{http.MethodGet, "/api/v1/connectors/replicate-to"}: nil,
	} {
		for _, header := range []string{sesame, looking, agree} {
			status := s.ask(request[0], request[1], "", header).StatusCode
			assert.Equal(t, contains(may, header), status < 300, "%v %s: %d", request, header, status)
		}
	}
}

func contains(all []string, one string) bool {
	for _, each := range all {
		if each == one {
			return true
		}
	}
	return false
}

func TestASessionIsWorthWhatItsTokenIsWorthNow(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	cookie := s.logIn("open sesame")
	assert.Equal(t, `{"name":"ada","roles":["operator"]}`+"\n", text(t, s.ask(http.MethodGet, "/api/v1/me", "", cookie)))
	assert.Equal(t, http.StatusOK, s.ask(http.MethodPost, "/connectors/sync", "", cookie).StatusCode)

	require.NoError(t, s.api.SetTokens([]settings.Token{{Name: "ada", SHA256: sum("open sesame"), Roles: []settings.Role{settings.Viewer}}}))
	assert.Equal(t, http.StatusForbidden, s.ask(http.MethodPost, "/connectors/sync", "", cookie).StatusCode)
	require.NoError(t, s.api.SetTokens(nil))
	assert.Equal(t, http.StatusUnauthorized, s.ask(http.MethodGet, "/api/v1/me", "", cookie).StatusCode)
	require.NoError(t, s.api.SetTokens(tokens))

	s.passes(12 * time.Hour)
	assert.Equal(t, http.StatusUnauthorized, s.ask(http.MethodGet, "/api/v1/me", "", cookie).StatusCode)
}

// logIn gives the header of a session.
func (s *stage) logIn(token string) string {
	s.t.Helper()
	response := s.ask(http.MethodPost, "/api/v1/session", `{"token":"`+token+`"}`)
	require.Equal(s.t, http.StatusOK, response.StatusCode)
	given := response.Cookies()
	require.Len(s.t, given, 1)
	assert.True(s.t, given[0].HttpOnly)
	assert.Equal(s.t, http.SameSiteStrictMode, given[0].SameSite)
	assert.NotContains(s.t, given[0].Value, "sesame")
	return "Cookie: " + given[0].Name + "=" + given[0].Value
}

func TestLogOutEndsTheSession(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	cookie := s.logIn("open sesame")
	assert.Equal(t, http.StatusNoContent, s.ask(http.MethodDelete, "/api/v1/session", "", cookie).StatusCode)
	assert.Equal(t, http.StatusUnauthorized, s.ask(http.MethodGet, "/api/v1/me", "", cookie).StatusCode)
	assert.Equal(t, http.StatusNoContent, s.ask(http.MethodDelete, "/api/v1/session", "", cookie).StatusCode, "twice")
}

func TestAnotherSitesPageChangesNothingWithACookie(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	cookie := s.logIn("open sesame")
	s.manager.take()
	for _, foreign := range []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "Origin: https://evil.example"} {
		assert.Equal(t, http.StatusForbidden, s.ask(http.MethodPost, "/connectors/sync", "", cookie, foreign).StatusCode, foreign)
		assert.Equal(t, http.StatusForbidden, s.ask(http.MethodPost, "/api/v1/session", `{"token":"open sesame"}`, foreign).StatusCode, foreign)
	}
	assert.Empty(t, s.manager.take())
	assert.Equal(t, http.StatusOK, s.ask(http.MethodPost, "/connectors/sync", "", cookie, "Sec-Fetch-Site: same-origin").StatusCode)
}

func TestTheCookieIsSecureWhereTheBrowserCameByTLS(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for header, want := range map[string]bool{"X-Forwarded-Proto: https": true, "X-Forwarded-Proto: http": false} {
		response := s.ask(http.MethodPost, "/api/v1/session", `{"token":"open sesame"}`, header)
		assert.Equal(t, want, response.Cookies()[0].Secure)
	}
}

func TestWhoGuessesIsLeftWaiting(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for range 50 {
		assert.Equal(t, http.StatusUnauthorized, s.ask(http.MethodGet, "/api/v1/me", "", "Authorization: mistyped").StatusCode)
	}
	assert.Equal(t, http.StatusOK, s.ask(http.MethodGet, "/api/v1/me", "", sesame).StatusCode, "one wrong token is no guessing")
	for guess := range 20 {
		s.ask(http.MethodPost, "/api/v1/session", `{"token":"guess `+string(rune('a'+guess))+`"}`)
	}
	assert.Equal(t, http.StatusTooManyRequests, s.ask(http.MethodGet, "/api/v1/me", "", sesame).StatusCode)
	s.passes(10 * time.Minute)
	assert.Equal(t, http.StatusOK, s.ask(http.MethodGet, "/api/v1/me", "", sesame).StatusCode)
}
