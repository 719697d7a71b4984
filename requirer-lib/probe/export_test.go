package probe

import (
	"time"

	"github.com/twmb/franz-go/pkg/sasl"

	"connectcharms/requirer-lib/connection"
)

// ForAsLongAs is a probe that ends with its context alone: a machine that stands still for some seconds makes none late.
var ForAsLongAs = ask

// Judged is what is said of an error that came up when a connection was made.
func Judged(err error) (phase connection.Phase, text string, transient bool) {
	what := unreached(err)
	return what.phase, what.text, what.transient
}

// AskingFirst is a connection as those are that HTTP is spoken on.
var AskingFirst = newAskingFirst

// EndOf is when a token says that it ends.
func EndOf(text string) time.Time { return token{text: text, claims: claimsOf(text)}.ends() }

// Heard is what a log-in by a token makes of what a server says.
func Heard(session sasl.Session, message []byte) error {
	_, _, err := listeningSession{session}.Challenge(message)
	return err
}
