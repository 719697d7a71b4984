package probe_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"connectcharms/requirer-lib/connection"
)

// jwt is a token that says something of itself; nobody has signed it.
func jwt(payload string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"none"}`)) + "." + encode([]byte(payload)) + ".sig"
}

// takingTokens is a registry that takes one.
func takingTokens(t *testing.T, token string) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+token {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = w.Write([]byte(`[]`))
	}))
	t.Cleanup(server.Close)
	return server
}

func byOAuth(registry string, credentials connection.Credentials) connection.Spec {
	credentials.Type = connection.OAuthBearer
	return connection.Spec{SchemaRegistry: &connection.SchemaRegistryConfig{URI: registry, Credentials: &credentials}}
}

func TestTokenSaysWhoseItIsAndWhenItEnds(t *testing.T) {
	t.Parallel()
	const part = connection.PartSchemaRegistry
	reference := connection.Credentials{Token: &connection.Reference{Secret: "token"}}
	for name, is := range map[string]struct {
		token string
		user  *connection.User
		ends  time.Time
	}{
		"a JWT": {
			jwt(`{"sub":"u-1","email":"me@example.org","organizationId":"o-1","exp":1800000000.5}`),
			&connection.User{ID: "u-1", Username: "me@example.org", OrganizationID: "o-1"}, time.Unix(1800000000, 0).UTC(),
		},
		"one without end":            {jwt(`{"sub":"u-1"}`), &connection.User{ID: "u-1"}, time.Time{}},
		"one that ends after 9999":   {jwt(`{"exp":1e300}`), nil, time.Time{}},
		"one that ended before 1970": {jwt(`{"exp":-1}`), nil, time.Time{}},
		"one with other types":       {jwt(`{"sub":["u"],"exp":"never"}`), nil, time.Time{}},
		"half of one":                {"a.eyJ.c", nil, time.Time{}},
		"any text":                   {"opaque", nil, time.Time{}},
	} {
		registry := takingTokens(t, is.token)
		result := ask(t, t.Context(), part, byOAuth(registry.URL, reference), secrets{"token/": is.token})
		assert.True(t, result.OK, "%s %v", name, result.Errors)
		assert.Equal(t, is.user, result.User, name)
		assert.Equal(t, is.ends, result.RequiresAuthenticationAt, name)

		refused := ask(t, t.Context(), part, byOAuth(takingTokens(t, "another").URL, reference), secrets{"token/": is.token})
		assert.True(t, refused.Refused, name)
		assert.Zero(t, refused.RequiresAuthenticationAt, name)
	}
}

func TestTokenIsFetchedByClientCredentials(t *testing.T) {
	t.Parallel()
	const part = connection.PartSchemaRegistry
	token := jwt(`{"sub":"client","exp":1800000000}`)
	answer, status := `{"access_token":"`+token+`","token_type":"bearer","expires_in":60}`, 200
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, secret, _ := r.BasicAuth()
		if id != "me%26you" || secret != "se%2Bcret" || r.FormValue("grant_type") != "client_credentials" || r.FormValue("scope") != "a b" {
			w.WriteHeader(http.StatusTeapot)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(server.Close)
	spec := byOAuth(takingTokens(t, token).URL, connection.Credentials{
		ClientID: "me&you", ClientSecret: &connection.Reference{Env: "SECRET"}, TokenURL: server.URL + "/token", Scope: "a b",
	})
	known := secrets{"SECRET": "se+cret"}
	result := ask(t, t.Context(), part, spec, known)
	assert.True(t, result.OK, "%v", result.Errors)
	assert.Equal(t, "client", result.User.ID)
	assert.Zero(t, result.RequiresAuthenticationAt, "the next probe has a token of its own")

	host := strings.TrimPrefix(server.URL, "http://")
	for _, is := range []struct {
		status    int
		answer    string
		says      string
		refused   bool
		transient bool
	}{
		{400, `{"error":"invalid_client","error_description":"no se+cret like this"}`, "it answers 400: no *** like this", true, false},
		{401, `{"error":"invalid_client"}`, "it answers 401: invalid_client", true, false},
		{400, `{"error":"invalid_scope"}`, "it answers 400: invalid_scope", false, false},
		{503, `sorry`, "it answers 503", false, true},
		{200, `{"access_token":""}`, "its answer has no bearer token in it", false, false},
		{200, `{"access_token":"x","token_type":"mac"}`, "its answer has no bearer token in it", false, false},
		{200, `<html>`, "its answer is not understood: it is not what the connection takes it for", false, false},
	} {
		status, answer = is.status, is.answer
		result := ask(t, t.Context(), part, spec, known)
		assert.Equal(t, connection.Errors{connection.PhaseToken: {Message: host + ": " + is.says, IsTransient: is.transient}}, result.Errors)
		assert.Equal(t, is.refused, result.Refused, is.answer)
	}
	spec.SchemaRegistry.Credentials.TokenURL = "http://" + nobody + "/token"
	result = ask(t, t.Context(), part, spec, known)
	assert.Equal(t, connection.Errors{connection.PhaseToken: {
		Message: nobody + ": nothing listens there: the connection was refused", IsTransient: true,
	}}, result.Errors)
	assert.False(t, result.Refused)
}

func TestSecretThatIsNotThereIsNamed(t *testing.T) {
	t.Parallel()
	result := ask(t, t.Context(), connection.PartKafkaCluster, ofKafka(nobody, connection.ScramSHA256), secrets{})
	assert.Equal(t, connection.Errors{connection.PhaseSecrets: {Message: "the password: {env: PASSWORD} cannot be read: file does not exist"}}, result.Errors)
	assert.False(t, result.Refused)
}
