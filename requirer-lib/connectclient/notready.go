package connectclient

import (
	"errors"
	"fmt"
	"slices"

	"connectcharms/requirer-lib/hook"
)

// Why a connection is not ready, for errors.Is. None is a failure of the hook: the next hook looks again.
var (
	// ErrNotRelated: there is no relation. A person has to integrate the application.
	ErrNotRelated = errors.New("not related to Kafka Connect")
	// ErrWaitingForProvider: the provider has not published all, or says that it has a passing trouble.
	ErrWaitingForProvider = errors.New("waiting for the provider")
	// ErrNotGranted: a secret is published that this unit may not read yet, or that is gone.
	ErrNotGranted = errors.New("waiting for the provider to grant its secret")
	// ErrRefused: the provider says, in its status key, that it has a lasting trouble with the request.
	ErrRefused = errors.New("refused by the provider")
	// ErrNoCA: the endpoints are https and there is no CA chain to verify them by.
	ErrNoCA = errors.New("https endpoints and no CA certificate from the provider")
	// ErrPlugin: the plugin cannot be requested as it is given, or not be served. A person has to look at it.
	ErrPlugin = errors.New("the plugin cannot be requested")
	// ErrNoAddress: Juju knows no address of this unit yet, at which it could serve the plugin.
	ErrNoAddress = errors.New("waiting for an address of this unit to serve the plugin at")
	// ErrMalformed: what the provider has published breaks the contract.
	ErrMalformed = errors.New("the provider's data are wrong")
)

// NotReadyError says why a connection is not ready.
type NotReadyError struct {
	Reason   error // one of the Err variables above
	Detail   string
	Provider string // the provider's application; empty where there is none
}

func (e *NotReadyError) Error() string {
	text := e.Reason.Error()
	if e.Provider != "" {
		text = e.Provider + ": " + text
	}
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

// Unwrap makes errors.Is find the reason.
func (e *NotReadyError) Unwrap() error { return e.Reason }

// Status is the unit's status for an error of [Client.Connection] or [Connection.Ready]: blocked where a person has to
// act, else waiting. It is none, and ok false, where err is nil or something else than a [NotReadyError].
func Status(err error) (status hook.Status, ok bool) {
	notReady, ok := errors.AsType[*NotReadyError](err)
	if !ok {
		return hook.Status{}, false
	}
	status = hook.Status{Name: hook.Blocked, Message: notReady.Error()}
	if slices.Contains([]error{ErrWaitingForProvider, ErrNotGranted, ErrNoAddress}, notReady.Reason) {
		status.Name = hook.Waiting
	}
	return status, true
}

func (c *Connection) notReady(reason error, format string, args ...any) error {
	return &NotReadyError{Reason: reason, Detail: fmt.Sprintf(format, args...), Provider: c.app}
}
