package probe

import (
	"context"
	"encoding/json"
	"maps"

	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/oauth"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"connectcharms/requirer-lib/connection"
	bounds "connectcharms/requirer-lib/probe/scram"
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
		return bounds.Bounded(scram.Auth{User: username, Pass: password}.AsSha256Mechanism()), nil
	case connection.ScramSHA512:
		return bounds.Bounded(scram.Auth{User: username, Pass: password}.AsSha512Mechanism()), nil
	}
	return plain.Auth{User: username, Pass: password}.AsMechanism(), nil
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
