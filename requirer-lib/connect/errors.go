package connect

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode"
)

// What went wrong, for errors.Is. Most stand for a status of an APIError.
// ErrUnavailable also says that no endpoint could be reached at all; with
// ErrUntrusted and ErrIllegalName nothing was sent.
var (
	ErrUnauthorized  = errors.New("the account is not accepted")                     // 401
	ErrForbidden     = errors.New("the account may not do this")                     // 403
	ErrNotFound      = errors.New("not found")                                       // 404
	ErrAlreadyExists = errors.New("a connector of this name exists")                 // 409 on create
	ErrRebalancing   = errors.New("the cluster was rebalancing all the time")        // any other 409, some 500
	ErrUnavailable   = errors.New("no endpoint of Kafka Connect serves")             // 502, 503, 504
	ErrUntrusted     = errors.New("no verified TLS connection (check the CA chain)") // nothing was sent
	ErrUnknownPlugin = errors.New("the worker does not have this plugin")            // 400 or 500
	ErrNotStopped    = errors.New("the connector is not stopped")                    // 400 on a change of offsets
	ErrIllegalName   = errors.New("want letters, digits, dots, dashes, underscores") // of a connector, class or logger
)

// APIError is an answer of Kafka Connect, or of a proxy in front of it, that
// says no.
type APIError struct {
	Method string
	Path   string // below the endpoint, without query
	Status int    // HTTP status
	// Message is what the worker said: one line, 300 characters at most, without
	// the client's password and the secret values of the configuration sent.
	Message string
}

// Error tells the request, the status, the message, and what to look at.
func (e *APIError) Error() string {
	text := fmt.Sprintf("%s %s: %d %s", e.Method, e.Path, e.Status, http.StatusText(e.Status))
	if e.Message != "" {
		text += ": " + e.Message
	}
	switch e.Status {
	case http.StatusUnauthorized:
		text += " (check username and password)"
	case http.StatusForbidden:
		text += " (check that the account may touch this connector)"
	}
	return text
}

// Is makes the sentinels above match.
func (e *APIError) Is(target error) bool {
	switch target {
	case ErrUnauthorized:
		return e.Status == http.StatusUnauthorized
	case ErrForbidden:
		return e.Status == http.StatusForbidden
	case ErrNotFound:
		return e.Status == http.StatusNotFound
	case ErrAlreadyExists:
		return e.Status == http.StatusConflict && isAlreadyExists(e.Message)
	case ErrRebalancing:
		return isRebalancing(e.Status, e.Message)
	case ErrUnavailable:
		return isUnavailable(e.Status)
	case ErrUnknownPlugin:
		return strings.Contains(e.Message, unknownPlugin) // 400 on create; 500 on validate, behind a class name
	case ErrNotStopped:
		return strings.HasPrefix(e.Message, notStopped)
	}
	return false
}

const (
	unknownPlugin = "Failed to find any class that implements Connector"
	notStopped    = "Connectors must be in the STOPPED state"
)

const (
	longestMessage = 300 // characters
	ellipsis       = "…"
)

// tidy makes a message from the other side fit for an error: workers repeat
// configuration values in theirs.
func tidy(message string, hide []string) string {
	message = redact(message, hide)
	message = strings.Join(strings.FieldsFunc(message, func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	}), " ")
	return cut([]rune(message))
}

// cut takes out the middle: both ends of a message tell its kind.
func cut(message []rune) string {
	if len(message) <= longestMessage {
		return string(message)
	}
	tail := len(message) - longestMessage/4
	return string(message[:longestMessage-longestMessage/4-1]) + ellipsis + string(message[tail:])
}
