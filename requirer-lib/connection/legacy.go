package connection

import (
	"time"
)

// Authentication is the older form of a status, of before there was one object for each system. It is derived, never kept.
type Authentication struct {
	Status                   AuthenticationStatus `json:"status"`
	RequiresAuthenticationAt time.Time            `json:"requires_authentication_at,omitzero"`
	User                     *User                `json:"user,omitempty"`
	Errors                   Errors               `json:"errors,omitempty"`
}

// AuthenticationStatus is how it was said.
type AuthenticationStatus string

// The older states. The published text shows SUCCESS in one example, which is none of them: it means VALID_TOKEN.
const (
	NoToken              AuthenticationStatus = "NO_TOKEN"
	ValidToken           AuthenticationStatus = "VALID_TOKEN"
	InvalidToken         AuthenticationStatus = "INVALID_TOKEN"
	AuthenticationFailed AuthenticationStatus = "FAILED"
)

// olderStates is the whole mapping. Whether errors, and the time at which one has to log in again, are told goes by the older state,
// too: errors with INVALID_TOKEN and FAILED, the time with VALID_TOKEN.
var olderStates = map[State]AuthenticationStatus{
	None:       NoToken,
	Attempting: NoToken,
	Success:    ValidToken,
	Expired:    InvalidToken,
	Failed:     AuthenticationFailed,
}

// WithAuthentication adds the older form: that of Confluent Cloud, which it was made for; of a connection without, that of the
// system that is worst off.
func (s Status) WithAuthentication() Status {
	of := s.CCloud
	if of == nil {
		of = s.Worst()
	}
	if of == nil {
		of = &PartStatus{State: None}
	}
	older := Authentication{Status: olderStates[of.State], User: of.User}
	switch older.Status {
	case ValidToken:
		older.RequiresAuthenticationAt = of.RequiresAuthenticationAt
	case InvalidToken, AuthenticationFailed:
		older.Errors = of.Errors
	}
	s.Authentication = &older
	return s
}
