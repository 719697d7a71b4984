package api_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/api"
)

// certify writes a certificate of its own authority, and gives its number.
func certify(t *testing.T, dir string) *big.Int {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: serial, NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	for name, block := range map[string]*pem.Block{"tls.key": {Type: "PRIVATE KEY", Bytes: private}, "tls.crt": {Type: "CERTIFICATE", Bytes: certificate}} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600))
	}
	return serial
}

// served has an API listened for, until the test ends.
func served(t *testing.T, s *stage, places api.Places) *api.Server {
	t.Helper()
	ctx, end := context.WithCancel(t.Context())
	server, err := s.api.Listen(ctx, places)
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, time.Second) }()
	t.Cleanup(func() {
		end()
		assert.NoError(t, <-ended)
	})
	return server
}

func TestACertificateThatChangesIsShownAndOneThatIsBrokenIsNot(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := certify(t, dir)
	certificate, err := api.ReadCertificate(filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key"), slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	server := served(t, newStage(t), api.Places{Listen: "127.0.0.1:0", TLS: certificate})
	shown := func() *big.Int {
		connection, err := tls.Dial("tcp", server.Addr(), &tls.Config{InsecureSkipVerify: true}) // it looks at the certificate
		require.NoError(t, err)
		defer connection.Close()
		return connection.ConnectionState().PeerCertificates[0].SerialNumber
	}
	assert.Equal(t, first, shown())
	require.NoError(t, os.WriteFile(filepath.Join(dir, "tls.crt"), []byte("half a"), 0o600))
	assert.Equal(t, first, shown())
	second := certify(t, dir)
	assert.Equal(t, second, shown())
	_, err = api.ReadCertificate(filepath.Join(dir, "none.crt"), filepath.Join(dir, "tls.key"), slog.New(slog.DiscardHandler))
	require.Error(t, err, "at the beginning there has to be one")
}

func TestAPortThatIsTakenIsSaidAndNothingStaysOpen(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	server := served(t, s, api.Places{Listen: "127.0.0.1:0"})
	_, err := s.api.Listen(t.Context(), api.Places{Listen: server.Addr()})
	require.ErrorContains(t, err, "address already in use")
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, []byte("precious"), 0o600))
	_, err = s.api.Listen(t.Context(), api.Places{Listen: "127.0.0.1:0", Socket: file})
	require.ErrorContains(t, err, "there is something else in its place")
	socket := filepath.Join(t.TempDir(), "socket")
	served(t, s, api.Places{Socket: socket})
	_, err = s.api.Listen(t.Context(), api.Places{Socket: socket})
	require.ErrorContains(t, err, "another connect-manager answers there")
}

func TestStreamsHoldUpNoEnd(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ctx, end := context.WithCancel(t.Context())
	server, err := s.api.Listen(ctx, api.Places{Listen: "127.0.0.1:0"})
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, time.Hour) }()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+server.Addr()+"/api/v1/events", http.NoBody)
	require.NoError(t, err)
	request.Header.Set("Authorization", "open sesame")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	end()
	require.NoError(t, <-ended)
	_, err = io.ReadAll(response.Body)
	require.NoError(t, err)
}

func TestACrowdIsToldToComeAgainAndHealthIsToldAlways(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.manager.entered, s.manager.leave = make(chan struct{}), make(chan struct{})
	statuses := make(chan int)
	for range 256 {
		go func() { statuses <- s.ask(http.MethodPost, "/connectors/sync", "", sesame).StatusCode }()
	}
	for range 256 {
		<-s.manager.entered
	}
	assert.Equal(t, http.StatusServiceUnavailable, s.ask(http.MethodGet, "/api/v1/status", "", sesame).StatusCode)
	assert.Equal(t, http.StatusOK, s.ask(http.MethodGet, "/health/live", "").StatusCode)
	close(s.manager.leave)
	for range 256 {
		assert.Equal(t, http.StatusOK, <-statuses)
	}
	assert.Equal(t, http.StatusOK, s.ask(http.MethodGet, "/api/v1/status", "", sesame).StatusCode)
}
