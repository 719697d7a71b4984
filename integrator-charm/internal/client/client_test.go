package client_test

import (
	"context"
	"encoding/pem"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/client"
	"connectcharms/requirer-lib/secret"
)

func clusters(w http.ResponseWriter, r *http.Request) {
	_, _ = w.Write([]byte(`[{"name": "` + r.Header.Get("Authorization") + `"}]`))
}

func ask(t *testing.T, config client.Config) (string, error) {
	t.Helper()
	asked, err := client.New(config)
	require.NoError(t, err)
	t.Cleanup(asked.Close)
	all, err := asked.Clusters(t.Context())
	if err != nil || len(all) == 0 {
		return "", err
	}
	return all[0].Name, nil
}

func TestADaemonIsReachedByAPortOrASocket(t *testing.T) {
	t.Parallel()
	plain := httptest.NewServer(http.HandlerFunc(clusters))
	t.Cleanup(plain.Close)
	encrypted := httptest.NewTLSServer(http.HandlerFunc(clusters))
	t.Cleanup(encrypted.Close)
	path := filepath.Join(t.TempDir(), "socket")
	listener, err := new(net.ListenConfig).Listen(t.Context(), "unix", path)
	require.NoError(t, err)
	local := &httptest.Server{Listener: listener, Config: &http.Server{Handler: http.HandlerFunc(clusters)}}
	local.Start()
	t.Cleanup(local.Close)

	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: encrypted.Certificate().Raw})
	for server, config := range map[string]client.Config{
		plain.URL:        {},
		encrypted.URL:    {CA: ca},
		path:             {},
		"unix://" + path: {},
	} {
		config.Server, config.Token = server, secret.New("open sesame")
		name, err := ask(t, config)
		require.NoError(t, err, server)
		assert.Equal(t, "Bearer open sesame", name)
	}
	_, err = ask(t, client.Config{Server: encrypted.URL, Token: secret.New("open sesame")})
	require.Error(t, err, "a certificate that nobody vouches for")
}

func TestATokenGoesToNobodyElse(t *testing.T) {
	t.Parallel()
	asked := false
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	t.Cleanup(elsewhere.Close)
	server := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	t.Cleanup(server.Close)
	_, err := ask(t, client.Config{Server: server.URL, Token: secret.New("open sesame")})
	require.Error(t, err)
	assert.False(t, asked)
	assert.NotContains(t, err.Error(), "sesame")
}

func TestWhatIsNoDaemonIsToldSo(t *testing.T) {
	t.Parallel()
	for answer, says := range map[string]string{
		"<html>":     "it is no connect-manager serve of this version",
		"":           "it is no connect-manager serve of this version",
		`{"name":1}`: "it is no connect-manager serve of this version",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(answer)) }))
		t.Cleanup(server.Close)
		_, err := ask(t, client.Config{Server: server.URL})
		assert.ErrorContains(t, err, says)
	}
	for _, server := range []string{"ftp://x", "http://", "http://user:secret@host", "://"} {
		_, err := client.New(client.Config{Server: server})
		require.ErrorIs(t, err, client.ErrAddress)
		assert.NotContains(t, err.Error(), "secret")
	}
}

func TestARefusalIsItsMessage(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusConflict)
		if r.Method == http.MethodGet {
			_, _ = w.Write([]byte(`{"message": "another one works"}`))
		}
	}))
	t.Cleanup(server.Close)
	asked, err := client.New(client.Config{Server: server.URL})
	require.NoError(t, err)
	t.Cleanup(asked.Close)
	_, err = asked.Clusters(t.Context())
	assert.Equal(t, &client.Error{Status: http.StatusConflict, Message: "another one works"}, err)
	_, err = asked.Approve(t.Context(), "../../x", "")
	assert.Equal(t, &client.Error{Status: http.StatusConflict, Message: "the daemon answered 409 Conflict"}, err)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = asked.Clusters(ended)
	require.ErrorIs(t, err, context.Canceled)
}
