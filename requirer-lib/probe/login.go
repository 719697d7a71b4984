package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"strconv"

	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/oauth"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"connectcharms/requirer-lib/connection"
)

// mechanism is how one logs in at brokers.
func (a *asked) mechanism(ctx context.Context, credentials connection.Credentials, trust *connection.TLS) (sasl.Mechanism, *failure) {
	if credentials.Type == connection.OAuthBearer {
		token, failed := a.token(ctx, credentials, trust)
		if failed != nil {
			return nil, failed
		}
		a.enter(token)
		return listening{oauth.Auth{Token: token.text, Extensions: maps.Clone(credentials.Extensions)}.AsMechanism()}, nil
	}
	username, password, failed := a.vault.login(credentials)
	if failed != nil {
		return nil, failed
	}
	a.user = connection.User{Username: username}
	switch credentials.Type {
	case connection.ScramSHA256:
		return sparing{scram.Auth{User: username, Pass: password}.AsSha256Mechanism()}, nil
	case connection.ScramSHA512:
		return sparing{scram.Auth{User: username, Pass: password}.AsSha512Mechanism()}, nil
	}
	return plain.Auth{User: username, Pass: password}.AsMechanism(), nil
}

// mostIterations is how often a server may have a password hashed: it asks for 4096 to some ten thousand, and could have us
// work for hours. Kafka's own limit is 16384.
const mostIterations = 1 << 20

// sparing is SCRAM with that limit.
type sparing struct{ sasl.Mechanism }

// Authenticate begins a log-in.
func (s sparing) Authenticate(ctx context.Context, host string) (sasl.Session, []byte, error) {
	session, first, err := s.Mechanism.Authenticate(ctx, host)
	return sparingSession{session}, first, err
}

type sparingSession struct{ sasl.Session }

// Challenge refuses a first message of the server that asks for too much (RFC 5802, 5.1: i=iterations).
func (s sparingSession) Challenge(message []byte) (done bool, answer []byte, err error) {
	for field := range bytes.SplitSeq(message, []byte(",")) {
		text, is := bytes.CutPrefix(field, []byte("i="))
		if asked, err := strconv.Atoi(string(text)); is && (err != nil || asked > mostIterations) {
			return false, nil, &failure{phase: connection.PhaseAuthenticate, text: "it asks for the password to be hashed too often"}
		}
	}
	return s.Session.Challenge(message)
}

// listening is OAUTHBEARER that hears why a token is not accepted: a server says that in a message of its own, before it
// ends the log-in (RFC 7628, 3.2.2).
type listening struct{ sasl.Mechanism }

// Authenticate begins a log-in.
func (l listening) Authenticate(ctx context.Context, host string) (sasl.Session, []byte, error) {
	session, first, err := l.Mechanism.Authenticate(ctx, host)
	return listeningSession{session}, first, err
}

type listeningSession struct{ sasl.Session }

// Challenge gets nothing where the token is accepted.
func (s listeningSession) Challenge(message []byte) (done bool, answer []byte, err error) {
	if len(message) == 0 {
		return s.Session.Challenge(message)
	}
	var says struct {
		Status string `json:"status"`
	}
	refused := &failure{phase: connection.PhaseAuthenticate, text: "it does not accept the token", refused: true}
	if json.Unmarshal(message, &says) == nil && says.Status != "" {
		refused.text += ": " + says.Status
	}
	return false, nil, refused
}
