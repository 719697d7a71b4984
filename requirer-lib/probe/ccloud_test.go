package probe_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connection"
)

const (
	organization = "4a8a6f3c-0d52-4a1f-9a45-4c1f7a1f4e11"
	cloudKey     = "ABCDEFGH12345678"
)

// cloud answers with what testdata/ccloud has, which is written after the reference and not recorded: see the README there.
type cloud struct {
	// accepts is the Authorization that is known.
	accepts string
	// mayAskForKeys: not every account may.
	mayAskForKeys bool
}

func (c cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, answer := http.StatusNotFound, ""
	switch {
	case r.Header.Get("Authorization") != c.accepts:
		status, answer = http.StatusUnauthorized, "unauthorized"
	case r.Method == http.MethodGet && r.URL.Path == "/org/v2/organizations":
		status, answer = http.StatusOK, "organizations"
	case r.URL.Path == "/iam/v2/api-keys/"+cloudKey && !c.mayAskForKeys:
		status, answer = http.StatusForbidden, "forbidden"
	case r.URL.Path == "/iam/v2/api-keys/"+cloudKey:
		status, answer = http.StatusOK, "api-key"
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	text, _ := os.ReadFile(filepath.Join("testdata", "ccloud", answer+".json"))
	_, _ = w.Write(text)
}

func (c cloud) start(t *testing.T) (uri string) {
	t.Helper()
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	return server.URL
}

func ofCloud(uri, organization string, credentials *connection.Credentials) connection.Spec {
	return connection.Spec{CCloud: &connection.CCloudConfig{URI: uri, OrganizationID: organization, Credentials: credentials}}
}

func TestConfluentCloudByAPIKey(t *testing.T) {
	t.Parallel()
	const basic = "Basic QUJDREVGR0gxMjM0NTY3ODpjbG91ZC1zZWNyZXQ=" // ABCDEFGH12345678:cloud-secret
	key := &connection.Credentials{Type: connection.APIKey, APIKey: cloudKey, APISecret: &connection.Reference{Secret: "cloud"}}
	known := secrets{"cloud/": "cloud-secret"}
	uri := cloud{accepts: basic, mayAskForKeys: true}.start(t)

	for _, wanted := range []string{"", organization} {
		result := ask(t, t.Context(), connection.PartCCloud, ofCloud(uri, wanted, key), known)
		assert.True(t, result.OK, "%v", result.Errors)
		assert.Equal(t, &connection.User{ID: "sa-lq72k1", Username: cloudKey, OrganizationID: organization}, result.User)
		assert.Zero(t, result.RequiresAuthenticationAt, "an API key has no end")
	}
	result := ask(t, t.Context(), connection.PartCCloud, ofCloud(uri, strings.Repeat("0", 36), key), known)
	assert.Contains(t, result.Errors[connection.PhaseAuthorize].Message, "the credentials do not belong to the organization of the connection")
	assert.False(t, result.Refused)

	result = ask(t, t.Context(), connection.PartCCloud, ofCloud(uri, organization, key), secrets{"cloud/": "another"})
	assert.True(t, result.Refused)
	assert.Contains(t, result.Errors[connection.PhaseAuthenticate].Message, "it answers 401: The API Key is invalid")

	result = ask(t, t.Context(), connection.PartCCloud, ofCloud(cloud{accepts: basic}.start(t), organization, key), known)
	assert.True(t, result.OK, "whose the key is only some may ask: %v", result.Errors)
	assert.Equal(t, &connection.User{Username: cloudKey, OrganizationID: organization}, result.User)
}

// Of a token one knows when it ends: then one has to log in again. When it has, the connection has EXPIRED.
func TestConfluentCloudByToken(t *testing.T) {
	t.Parallel()
	ends := time.Unix(1800000000, 0).UTC()
	token := jwt(`{"sub":"u-4xg0pz","email":"me@example.org","organizationId":"` + organization + `","exp":1800000000}`)
	known := secrets{"cloud/token": token}
	by := &connection.Credentials{Type: connection.OAuthBearer, Token: &connection.Reference{Secret: "cloud", Key: "token"}}
	spec := ofCloud(cloud{accepts: "Bearer " + token}.start(t), organization, by)
	now := time.Now()
	is := connection.New(spec, 0, now).Begin(spec, 0, now)
	require.Equal(t, connection.Attempting, is.CCloud.State)

	is = is.After(ask(t, t.Context(), connection.PartCCloud, spec, known), now)
	assert.Equal(t, connection.Success, is.CCloud.State, "%v", is.CCloud.Errors)
	assert.Equal(t, ends, is.CCloud.RequiresAuthenticationAt)
	assert.Equal(t, &connection.User{ID: "u-4xg0pz", Username: "me@example.org", OrganizationID: organization}, is.CCloud.User)

	ended := ofCloud(cloud{accepts: "Bearer one that is newer"}.start(t), organization, by)
	is = is.After(ask(t, t.Context(), connection.PartCCloud, ended, known), now)
	assert.Equal(t, connection.Expired, is.CCloud.State)

	is = is.After(ask(t, t.Context(), connection.PartCCloud, spec, known), now)
	assert.Equal(t, connection.Success, is.CCloud.State)
}

func TestConfluentCloudWithoutCredentials(t *testing.T) {
	t.Parallel()
	result := ask(t, t.Context(), connection.PartCCloud, ofCloud("", organization, nil), nil)
	assert.Equal(t, connection.Errors{connection.PhaseAuthenticate: {Message: "the connection has no credentials: nobody is logged in"}}, result.Errors)
	assert.False(t, result.Refused)
}
