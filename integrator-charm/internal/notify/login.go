package notify

import (
	"errors"
	"slices"

	"github.com/wneessen/go-mail/smtp"

	"connectcharms/requirer-lib/secret"
)

// login picks what a mail server offers, the strongest first. go-mail's own choice takes a connection that it has not made itself, as
// ours, for one without TLS.
type login struct {
	host, user string
	password   secret.Value
	chosen     smtp.Auth
}

// Start is smtp.Auth's.
func (l *login) Start(server *smtp.ServerInfo) (mechanism string, first []byte, err error) {
	if !server.TLS {
		return "", nil, errors.New("no password is sent without TLS")
	}
	for _, one := range []struct {
		name string
		auth smtp.Auth
	}{
		{"SCRAM-SHA-256", smtp.ScramSHA256Auth(l.user, l.password.Reveal())},
		{"PLAIN", smtp.PlainAuth("", l.user, l.password.Reveal(), l.host, false)},
		{"LOGIN", smtp.LoginAuth(l.user, l.password.Reveal(), l.host, false)},
	} {
		if slices.Contains(server.Auth, one.name) {
			l.chosen = one.auth
			return l.chosen.Start(server)
		}
	}
	return "", nil, errors.New("it offers none of SCRAM-SHA-256, PLAIN and LOGIN")
}

// Next is smtp.Auth's.
func (l *login) Next(fromServer []byte, more bool) ([]byte, error) {
	return l.chosen.Next(fromServer, more)
}
