package api

import (
	"crypto/sha256"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"connectcharms/integrator-charm/internal/settings"
)

// Why somebody is not let in.
var (
	errNoToken     = errors.New("no token: send it in the header Authorization")
	errWrongToken  = errors.New("this token is not known here")
	errSessionOver = errors.New("the session is over: log in again")
	errGuessing    = errors.New("too many wrong tokens from this address: try again in ten minutes")
	errNoSession   = errors.New("this token is a connector's: it is good for control messages, and not for a session")
	errOtherSite   = errors.New("the request comes from another site's page")
)

// door tells who sends a request.
type door struct {
	keys     atomic.Pointer[keys]
	sessions sessions
	guesses  guesses
	origin   *http.CrossOriginProtection
}

func newDoor(now func() time.Time) *door {
	d := &door{sessions: sessions{now: now}, guesses: guesses{now: now}, origin: http.NewCrossOriginProtection()}
	d.keys.Store(&keys{})
	return d
}

// enter tells who it is by the Authorization header or, without one, by the session's cookie. A cookie comes along
// whichever page has sent the request, so that page must be ours if anything is to change.
func (d *door) enter(r *http.Request) (who, error) {
	if header := r.Header.Get("Authorization"); header != "" {
		return d.show(r, tokenOf(header))
	}
	if _, err := r.Cookie(sessionCookie); err != nil {
		return who{}, errNoToken
	}
	token, is := d.sessions.token(r)
	if !is {
		return who{}, errSessionOver
	}
	if d.origin.Check(r) != nil {
		return who{}, errOtherSite
	}
	visitor, is := d.keys.Load().of(token)
	if !is {
		return who{}, errSessionOver
	}
	return visitor, nil
}

// show tells whose token it is.
func (d *door) show(r *http.Request, token string) (who, error) {
	if d.guesses.tooMany(r.RemoteAddr) {
		return who{}, errGuessing
	}
	sum := sha256.Sum256([]byte(token))
	visitor, is := d.keys.Load().of(sum)
	if !is {
		d.guesses.note(r.RemoteAddr, sum)
		return who{}, errWrongToken
	}
	return visitor, nil
}

// logIn begins a session with a token.
func (d *door) logIn(r *http.Request, token string) (who, *http.Cookie, error) {
	if d.origin.Check(r) != nil {
		return who{}, nil, errOtherSite
	}
	visitor, err := d.show(r, token)
	if err != nil {
		return who{}, nil, err
	}
	if !visitor.may(settings.Viewer) {
		return who{}, nil, errNoSession
	}
	return visitor, d.sessions.begin(sha256.Sum256([]byte(token)), isSecure(r)), nil
}
