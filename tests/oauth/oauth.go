// Package oauth runs a small identity provider for tests: it gives tokens to clients that it knows, and says by which key
// they are signed, so that real brokers and registries verify them. It keeps nothing and protects nothing.
package oauth

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"time"
)

// Server is one.
type Server struct {
	server *httptest.Server
	key    *rsa.PrivateKey

	mu      sync.Mutex
	clients map[string]client // by id
}

type client struct {
	secret string
	roles  []string
}

// Start runs one until Stop.
func Start() (*Server, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	made := &Server{key: key, clients: map[string]client{}}
	routes := http.NewServeMux()
	routes.HandleFunc("GET /.well-known/openid-configuration", made.describe)
	routes.HandleFunc("GET /keys", made.keys)
	routes.HandleFunc("POST /token", made.give)
	routes.HandleFunc("POST /token/", made.give) // Apicurio's client adds the slash
	made.server = httptest.NewServer(routes)
	return made, nil
}

// Stop ends it.
func (s *Server) Stop() { s.server.Close() }

// Issuer is its URL, and what its tokens name as theirs.
func (s *Server) Issuer() string { return s.server.URL }

// TokenURL gives tokens by client credentials.
func (s *Server) TokenURL() string { return s.server.URL + "/token" }

// KeysURL has the keys that tokens are verified by (RFC 7517).
func (s *Server) KeysURL() string { return s.server.URL + "/keys" }

// Know lets a client have tokens, with these roles in the claim of that name. With another secret, the earlier one is not good
// any more; "" has the client forgotten.
func (s *Server) Know(id, secret string, roles ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients[id] = client{secret, roles}
}

// Token is one of somebody, which ends at that time. More claims may be added.
func (s *Server) Token(subject string, ends time.Time, more map[string]any) string {
	claims := map[string]any{
		"iss": s.Issuer(), "sub": subject, "aud": "connections", "exp": ends.Unix(), "iat": time.Now().Add(-time.Hour).Unix(),
	}
	maps.Copy(claims, more)
	signed := encode(map[string]any{"alg": "RS256", "typ": "JWT", "kid": keyID}) + "." + encode(claims)
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, s.key, crypto.SHA256, digest[:])
	if err != nil {
		panic(fmt.Sprintf("sign a token with a key of one's own: %v", err)) // a digest of the wrong length
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

const keyID = "the-only-one"

func encode(value any) string {
	text, _ := json.Marshal(value) // of texts and numbers
	return base64.RawURLEncoding.EncodeToString(text)
}

func (s *Server) describe(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{
		"issuer": s.Issuer(), "jwks_uri": s.KeysURL(), "token_endpoint": s.TokenURL(),
		"response_types_supported": []string{"token"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
	})
}

func (s *Server) keys(w http.ResponseWriter, _ *http.Request) {
	exponent := binary.BigEndian.AppendUint32(nil, uint32(s.key.E))[1:]
	answer(w, http.StatusOK, map[string]any{"keys": []map[string]string{{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": keyID,
		"n": base64.RawURLEncoding.EncodeToString(s.key.N.Bytes()), "e": base64.RawURLEncoding.EncodeToString(exponent),
	}}})
}

// give is the token endpoint (RFC 6749, 4.4).
func (s *Server) give(w http.ResponseWriter, r *http.Request) {
	id, secret := whoIs(r)
	s.mu.Lock()
	known := s.clients[id]
	s.mu.Unlock()
	if known.secret == "" || secret != known.secret || r.FormValue("grant_type") != "client_credentials" {
		answer(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
		return
	}
	const life = 5 * time.Minute
	answer(w, http.StatusOK, map[string]any{
		"access_token": s.Token(id, time.Now().Add(life), map[string]any{"roles": known.roles}), "token_type": "Bearer", "expires_in": life.Seconds(),
	})
}

// whoIs takes both ways in which a client can say it (RFC 6749, 2.3.1).
func whoIs(r *http.Request) (id, secret string) {
	id, secret, isBasic := r.BasicAuth()
	if !isBasic {
		return r.FormValue("client_id"), r.FormValue("client_secret")
	}
	id, _ = url.QueryUnescape(id)
	secret, _ = url.QueryUnescape(secret)
	return id, secret
}

func answer(w http.ResponseWriter, status int, what any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(what)
}
