package api

import (
	"errors"
	"net/http"
	"strings"

	"connectcharms/integrator-charm/internal/connections"
	"connectcharms/integrator-charm/internal/manager"
	"connectcharms/integrator-charm/internal/overlay"
	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connection"
	"connectcharms/requirer-lib/control"
	"connectcharms/requirer-lib/state"
)

// problem is how each refusal reads.
type problem struct {
	Message string `json:"message"`
	// Problems are what is wrong with the state file, or with a document that was sent.
	Problems any `json:"problems,omitempty"`
}

// refusal is a fault of the request itself.
type refusal struct {
	status  int
	message string
}

func (r refusal) Error() string { return r.message }

func badRequest(message string) error { return refusal{http.StatusBadRequest, message} }

// statusOf is the HTTP status that an error is told with.
func statusOf(err error) int {
	if refused, is := errors.AsType[refusal](err); is {
		return refused.status
	}
	if _, is := errors.AsType[notNow](err); is {
		return http.StatusServiceUnavailable
	}
	if _, is := errors.AsType[state.Problems](err); is {
		return http.StatusBadRequest
	}
	if problemsOf(err) != nil {
		return http.StatusUnprocessableEntity
	}
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return http.StatusRequestEntityTooLarge
	}
	if _, is := errors.AsType[*connect.APIError](err); is {
		return http.StatusBadGateway
	}
	for _, known := range []struct {
		err    error
		status int
	}{
		{errNoToken, http.StatusUnauthorized},
		{errWrongToken, http.StatusUnauthorized},
		{errSessionOver, http.StatusUnauthorized},
		{errGuessing, http.StatusTooManyRequests},
		{errOtherSite, http.StatusForbidden},
		{errNoSession, http.StatusForbidden},
		{control.ErrOther, http.StatusUnprocessableEntity},
		{overlay.ErrVersion, http.StatusPreconditionFailed},
		{overlay.ErrNoWay, http.StatusConflict},
		{connections.ErrNotFound, http.StatusNotFound},
		{connections.ErrVersion, http.StatusPreconditionFailed},
		{connections.ErrFixed, http.StatusConflict},
		{connections.ErrTaken, http.StatusConflict},
		{connections.ErrTooMany, http.StatusConflict},
		{connections.ErrEnding, http.StatusServiceUnavailable},
		{manager.ErrWhichCluster, http.StatusBadRequest},
		{manager.ErrNotFound, http.StatusNotFound},
		{manager.ErrForbidden, http.StatusForbidden},
		{ErrFixed, http.StatusConflict},
		{ErrSettings, http.StatusBadRequest},
		{manager.ErrStandby, http.StatusConflict},
		{manager.ErrConflict, http.StatusConflict},
		{manager.ErrInvalid, http.StatusBadRequest},
		{manager.ErrSource, http.StatusBadGateway},
		{manager.ErrCluster, http.StatusBadGateway},
		{manager.ErrEnding, http.StatusServiceUnavailable},
	} {
		if errors.Is(err, known.err) {
			return known.status
		}
	}
	return http.StatusInternalServerError
}

// refused tells an error: as text where the client did not ask for JSON and the route is one of text.
func refused(r *http.Request, err error) answer {
	told := answer{status: statusOf(err)}
	if told.status == http.StatusUnauthorized {
		told = told.with("WWW-Authenticate", `Bearer realm="connect-manager"`)
	}
	if told.status == http.StatusServiceUnavailable {
		told = told.with("Retry-After", "2")
	}
	document := problemOf(err)
	if isOfPeople(r) && !wantsJSON(r) {
		told.text = document.Message + "\n"
		return told
	}
	told.body = document
	return told
}

// isOfPeople says whether a route is one that people type.
func isOfPeople(r *http.Request) bool {
	return !strings.HasPrefix(r.URL.Path, "/api/") && !strings.HasSuffix(r.URL.Path, "/control")
}

func problemOf(err error) problem {
	told := problem{Message: err.Error()}
	if wrong, is := errors.AsType[state.Problems](err); is {
		told.Problems = wrong
	} else if wrong := problemsOf(err); wrong != nil {
		told.Problems = wrong
	}
	return told
}

// problemsOf are what is wrong with a document that was sent, field by field; nil: nothing that is told so.
func problemsOf(err error) any {
	if wrong, is := errors.AsType[control.Problems](err); is {
		return wrong
	}
	if wrong, is := errors.AsType[*overlay.Nonconforming](err); is {
		return wrong.Problems
	}
	if wrong, is := errors.AsType[connection.Problems](err); is {
		return wrong
	}
	return nil
}

func wantsJSON(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "json")
}
