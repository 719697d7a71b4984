// Package scram bounds what a server can have a client of SCRAM (RFC 5802) compute. Whoever logs in at Kafka in this project by
// franz-go's client does it through this package.
package scram

import (
	"bytes"
	"context"
	"errors"
	"strconv"

	"github.com/twmb/franz-go/pkg/sasl"
)

// MostIterations is how often a server may have a password hashed: it asks for 4096 to some ten thousand, and could have a client
// work for hours. Kafka's own limit is 16384. (Less than 4096 the client itself refuses.)
const MostIterations = 1 << 20

// ErrIterations says that a server asks for more than MostIterations, or for no number.
var ErrIterations = errors.New("it asks for the password to be hashed too often")

// Bounded is a mechanism of SCRAM with that limit.
func Bounded(mechanism sasl.Mechanism) sasl.Mechanism { return bounded{mechanism} }

type bounded struct{ sasl.Mechanism }

// Authenticate begins a log-in.
func (b bounded) Authenticate(ctx context.Context, host string) (sasl.Session, []byte, error) {
	session, first, err := b.Mechanism.Authenticate(ctx, host)
	if err != nil {
		return nil, nil, err
	}
	return boundedSession{session}, first, nil
}

type boundedSession struct{ sasl.Session }

// Challenge refuses a first message of the server that asks for too much (RFC 5802, 5.1: i=iterations).
func (s boundedSession) Challenge(message []byte) (done bool, answer []byte, err error) {
	for field := range bytes.SplitSeq(message, []byte(",")) {
		text, is := bytes.CutPrefix(field, []byte("i="))
		if asked, err := strconv.Atoi(string(text)); is && (err != nil || asked > MostIterations) {
			return false, nil, ErrIterations
		}
	}
	return s.Session.Challenge(message)
}
