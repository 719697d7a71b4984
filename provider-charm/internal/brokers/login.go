package brokers

import (
	"cmp"
	"fmt"
	"strings"
)

// authenticator answers what a server asks in the course of a login, until it is done.
type authenticator interface {
	// step takes what the server said (nothing, at first) and gives what to say; done: there is no more to say.
	step(said []byte) (say []byte, done bool, err error)
}

// login goes through SASL as the access says.
func (s *session) login(a Access, server string) error {
	answer, err := s.ask(saslHandshakeKey, 1, appendString(nil, string(a.Mechanism)))
	if err != nil {
		return a.hint(err)
	}
	if code := answer.int16(); code != 0 {
		var offered []string
		for range answer.count() {
			offered = append(offered, answer.text())
		}
		reason := fmt.Sprintf("no %s here, only %s", a.Mechanism, cmp.Or(strings.Join(offered, ", "), "listeners without a login"))
		return &RefusedError{Server: server, Username: a.Username, Reason: reason}
	}
	exchange := a.authenticator()
	var said []byte
	for {
		say, done, err := exchange.step(said)
		if err != nil || done {
			return err
		}
		if said, err = s.authenticate(a, server, say); err != nil {
			return err
		}
	}
}

func (s *session) authenticate(a Access, server string, say []byte) (said []byte, err error) {
	answer, err := s.ask(saslAuthKey, 0, appendBytes(nil, say))
	if err != nil {
		return nil, err
	}
	code, message := answer.int16(), answer.text()
	if code != 0 {
		return nil, &RefusedError{Server: server, Username: a.Username, Reason: fmt.Sprintf("%.200s", cmp.Or(message, "it does not say why"))}
	}
	said = answer.bytes()
	return said, answer.err()
}

func (a Access) authenticator() authenticator {
	if a.Mechanism == Plain {
		return &plain{access: a}
	}
	return newSCRAM(a)
}

// plain is RFC 4616.
type plain struct {
	access Access
	said   bool
}

func (p *plain) step([]byte) (say []byte, done bool, err error) {
	if p.said {
		return nil, true, nil
	}
	p.said = true
	return []byte("\x00" + p.access.Username + "\x00" + p.access.Password.Reveal()), false, nil
}
