package api

import (
	"crypto/rand"
	"crypto/sha256"
	"net/http"
	"sync"
	"time"
)

const (
	sessionCookie = "connect-manager"
	sessionLife   = 12 * time.Hour
	// mostSessions bounds the memory that sessions take: beyond, the one that ends first ends now.
	mostSessions = 1000
)

// sessions are browsers that have shown a token. The token itself is not kept: a session is worth what its token is
// worth when it is used, and nothing once that is taken out of the configuration.
type sessions struct {
	now func() time.Time

	mu sync.Mutex
	by map[digest]session
}

type session struct {
	token digest
	until time.Time
}

// begin gives the cookie of a new session.
func (s *sessions) begin(token digest, isSecure bool) *http.Cookie {
	id := rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.by == nil {
		s.by = map[digest]session{}
	}
	if len(s.by) >= mostSessions {
		s.dropOldest()
	}
	s.by[sha256.Sum256([]byte(id))] = session{token: token, until: s.now().Add(sessionLife)}
	return cookie(id, int(sessionLife.Seconds()), isSecure)
}

func (s *sessions) dropOldest() {
	var oldest digest
	for id, one := range s.by {
		if known, is := s.by[oldest]; !is || one.until.Before(known.until) {
			oldest = id
		}
	}
	delete(s.by, oldest)
}

// end ends the session of a request, and gives the cookie that takes its cookie away.
func (s *sessions) end(r *http.Request) *http.Cookie {
	if sent, err := r.Cookie(sessionCookie); err == nil {
		s.mu.Lock()
		delete(s.by, sha256.Sum256([]byte(sent.Value)))
		s.mu.Unlock()
	}
	return cookie("", -1, isSecure(r))
}

// token is the digest of the token with which the session of a request began.
func (s *sessions) token(r *http.Request) (digest, bool) {
	sent, err := r.Cookie(sessionCookie)
	if err != nil {
		return digest{}, false
	}
	id := sha256.Sum256([]byte(sent.Value))
	s.mu.Lock()
	defer s.mu.Unlock()
	known, is := s.by[id]
	if is && !s.now().Before(known.until) {
		delete(s.by, id)
		return digest{}, false
	}
	return known.token, is
}

// cookie is out of reach for scripts, and no other site's page can have it sent.
func cookie(value string, maxAge int, isSecure bool) *http.Cookie {
	return &http.Cookie{
		Name: sessionCookie, Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: isSecure,
	}
}

// isSecure says whether the browser came by TLS, to here or to a proxy in front.
func isSecure(r *http.Request) bool {
	return r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https"
}
