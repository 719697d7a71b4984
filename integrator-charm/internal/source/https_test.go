package source

import (
	"encoding/pem"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const bearer = "hunter2-token"

// shelf is a document on a server.
type shelf struct {
	mu      sync.Mutex
	there   bool
	text    string
	version int
	put     time.Time
}

func (s *shelf) set(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.there, s.text, s.version, s.put = true, text, s.version+1, time.Now()
}

func (s *shelf) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.there = false
}

func (s *shelf) get() (text string, version int, put time.Time, there bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text, s.version, s.put, s.there
}

// serve hands the document out as net/http's file server does, to who has the token.
func (s *shelf) serve(w http.ResponseWriter, r *http.Request, withTag bool) {
	text, version, put, there := s.get()
	switch {
	case r.Header.Get("Authorization") != "Bearer "+bearer:
		w.WriteHeader(http.StatusUnauthorized)
		return
	case !there:
		http.NotFound(w, r)
		return
	}
	if withTag {
		w.Header().Set("ETag", `"v`+string(rune('0'+version))+`"`)
		put = time.Time{}
	}
	http.ServeContent(w, r, "state.yaml", put, strings.NewReader(text))
}

func httpsKind(t *testing.T) func(t *testing.T) *stand { return webKind(t, true) }

// httpsDatedKind is a server that has but the time of a change, in seconds.
func httpsDatedKind(t *testing.T) func(t *testing.T) *stand { return webKind(t, false) }

func webKind(_ *testing.T, withTag bool) func(t *testing.T) *stand {
	return func(t *testing.T) *stand {
		var document shelf
		server := tlsServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { document.serve(w, r, withTag) }))
		wire, address := newWire(t, server.URL)
		env := map[string]string{"SOURCE_HTTPS_TOKEN": bearer, "SOURCE_CA_FILE": authority(t, server)}
		return &stand{
			address: address + "/state.yaml?signature=hunter3", env: env, wire: wire,
			secrets: append(disguises(bearer), "hunter3", "hunter4"),
			put:     func(_ *testing.T, text string) { document.set(text) },
			remove:  func(*testing.T) { document.clear() },
			strangers: map[string]stranger{
				"no token":           {env: without(env, "SOURCE_HTTPS_TOKEN")},
				"another token":      {env: with(env, "SOURCE_HTTPS_TOKEN", "hunter4")},
				"a password instead": {env: with(with(env, "SOURCE_HTTPS_USER", "me"), "SOURCE_HTTPS_PASSWORD", "hunter4")},
				"an unknown CA":      {env: without(env, "SOURCE_CA_FILE")},
			},
		}
	}
}

// tlsServer runs until the test ends. What it says of clients that hang up or do not trust it is left out: these tests have many.
func tlsServer(t *testing.T, handler http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// authority writes down the certificate that a test's server is verified by.
func authority(t *testing.T, server *httptest.Server) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.pem")
	chain := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	require.NoError(t, os.WriteFile(file, chain, 0o600))
	return file
}

func with(env map[string]string, name, value string) map[string]string {
	other := maps.Clone(env)
	other[name] = value
	return other
}

func without(env map[string]string, name string) map[string]string {
	other := maps.Clone(env)
	delete(other, name)
	return other
}
