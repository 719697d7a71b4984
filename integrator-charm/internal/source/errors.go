package source

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Reason is the kind of failure, for whoever acts on it.
type Reason string

const (
	// BadAddress: the text does not name a source. Nothing was asked.
	BadAddress Reason = "bad-address"
	// BadSettings: what the source needs beside its address (a key, a CA, known hosts) is missing or wrong. Nothing was asked.
	BadSettings Reason = "bad-settings"
	// Refused: the credentials, or that there were none.
	Refused Reason = "refused"
	// Gone: there is no document at that address.
	Gone Reason = "gone"
	// Empty: there is one without a single character.
	Empty Reason = "empty"
	// TooLarge: it is over Limits.Size.
	TooLarge Reason = "too-large"
	// Unfinished: it was cut short, or somebody is still writing it.
	Unfinished Reason = "unfinished"
	// Unreachable: nobody answers, or who does has a fault.
	Unreachable Reason = "unreachable"
	// Unexpected: the server answers, and not with a document.
	Unexpected Reason = "unexpected"
	// Busy: the server wants to be asked later (Error.Later).
	Busy Reason = "busy"
	// Slow: it took longer than Limits.Total.
	Slow Reason = "slow"
	// Ended: the caller's context did.
	Ended Reason = "ended"
)

// Error is why there is no document.
type Error struct {
	Source  string // as Source.String gives it
	Reason  Reason
	Message string        // what was seen, and what a person can do
	Later   time.Duration // ask again after this long, where the server said so
	cause   error         // the end of a context alone: what other packages report may have an address in it, and that a secret
}

func (e *Error) Error() string { return e.Source + ": " + e.Message }

func (e *Error) Unwrap() error { return e.cause }

// failed makes an Error; whoever knows the source's name adds it (named). Texts of other libraries do not go in, unless they are known to
// hold no secrets.
func failed(reason Reason, format string, args ...any) *Error {
	return &Error{Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// named puts the source's name to what its parts reported, and makes an Error of the end of a context. ErrUnchanged stays as it is.
func named(ctx context.Context, limits Limits, name string, err error) error {
	if err == nil || errors.Is(err, ErrUnchanged) {
		return err
	}
	failure := new(Error)
	switch {
	case errors.Is(context.Cause(ctx), errOvertime):
		failure = failed(Slow, "no whole document within %s; it is asked for again at the next turn", limits.Total)
		failure.cause = context.DeadlineExceeded
	case ctx.Err() != nil:
		failure = failed(Ended, "ended before the document was there")
		failure.cause = ctx.Err()
	case !errors.As(err, &failure):
		failure = failed(Unreachable, "%v", err)
	}
	failure.Source = name
	return failure
}
