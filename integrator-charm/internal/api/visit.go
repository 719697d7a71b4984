package api

import (
	"errors"
	"net/http"
)

func (a *API) me(r request) (answer, error) { return ok(r.who).with("Cache-Control", "no-store"), nil }

func (a *API) logIn(r request) (answer, error) {
	var shown struct {
		Token string `json:"token"`
	}
	if err := read(r, &shown); err != nil {
		return answer{}, err
	}
	visitor, cookie, err := a.door.logIn(r.Request, shown.Token)
	if err != nil {
		return answer{}, err
	}
	a.log.Info("logged in", "who", visitor.Name, "from", r.RemoteAddr)
	return ok(visitor).with("Set-Cookie", cookie.String()), nil
}

func (a *API) logOut(r request) (answer, error) {
	if a.door.origin.Check(r.Request) != nil {
		return answer{}, errOtherSite
	}
	return answer{status: http.StatusNoContent}.with("Set-Cookie", a.door.sessions.end(r.Request).String()), nil
}

// Why a configuration is not taken.
var (
	ErrFixed    = errors.New("this cannot change while connect-manager runs: start it again")
	ErrSettings = errors.New("the configuration is wrong")
)

// reload has the configuration read again.
func (a *API) reload(r request) (answer, error) {
	if err := a.reloading(r.unfinished()); err != nil {
		return answer{}, err
	}
	return ok(struct{}{}), nil
}

// live says whether the loops turn: what does not should be started again.
func (a *API) live(request) (answer, error) { return healthy(a.manager.Alive()) }

// ready says whether each cluster had its first look.
func (a *API) ready(request) (answer, error) {
	return healthy(errors.Join(a.manager.Alive(), a.manager.Ready()))
}

func healthy(err error) (answer, error) {
	if err != nil {
		return answer{}, refusal{http.StatusServiceUnavailable, err.Error()}
	}
	return answer{status: http.StatusOK, text: "ok\n"}, nil
}
