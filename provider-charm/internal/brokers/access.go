// Package brokers is how this application reaches Kafka: at which servers, encrypted or not, as which user. It writes that
// down as a worker's properties, and asks the brokers themselves whether it is so, in Kafka's own protocol: a wrong
// password is found before a worker that runs is restarted with it.
package brokers

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"unicode"

	"connectcharms/requirer-lib/secret"
)

// Mechanism is how a user logs in, a value of sasl.mechanism.
type Mechanism string

// The mechanisms that need a name and a password and nothing else.
const (
	SCRAM512 Mechanism = "SCRAM-SHA-512"
	SCRAM256 Mechanism = "SCRAM-SHA-256"
	Plain    Mechanism = "PLAIN"
)

// Access is one Kafka, and who one is there.
type Access struct {
	Servers   []string // host:port
	TLS       bool
	CA        string    // certificates (PEM) that servers are verified by; empty: those that Java and the system trust
	Mechanism Mechanism // empty: without a login
	Username  string
	Password  secret.Value
}

// IsZero says whether no Kafka is named.
func (a Access) IsZero() bool { return len(a.Servers) == 0 }

// Protocol is the value of security.protocol.
func (a Access) Protocol() string {
	protocol := "PLAINTEXT"
	if a.TLS {
		protocol = "SSL"
	}
	if a.Mechanism != "" {
		return "SASL_" + protocol
	}
	return protocol
}

// Validate says what cannot be, without repeating a password.
func (a Access) Validate() error {
	switch a.Mechanism {
	case "":
		if a.Username != "" || !a.Password.IsZero() {
			return errors.New("a user without a mechanism")
		}
	case SCRAM512, SCRAM256, Plain:
		if err := validateUser(a.Username, a.Password); err != nil {
			return err
		}
	default:
		return fmt.Errorf("sasl-mechanism %.30q: use %s, %s or %s", a.Mechanism, SCRAM512, SCRAM256, Plain)
	}
	if a.CA != "" && !x509.NewCertPool().AppendCertsFromPEM([]byte(a.CA)) {
		return errors.New("tls-ca holds no certificate in PEM")
	}
	if a.CA != "" && !a.TLS {
		return errors.New("tls-ca without TLS")
	}
	return nil
}

// validateUser refuses control characters: they are a file's last line end, as a rule, and no broker's login survives it.
func validateUser(username string, password secret.Value) error {
	for _, part := range []struct{ name, text string }{{"username", username}, {"password", password.Reveal()}} {
		switch {
		case part.text == "":
			return fmt.Errorf("no %s", part.name)
		case strings.ContainsFunc(part.text, unicode.IsControl):
			return fmt.Errorf("the %s holds a control character, as a line's end is", part.name)
		}
	}
	return nil
}

// ParseServers reads "host:port,host:port". The error names the first that is not one.
func ParseServers(text string) ([]string, error) {
	var servers []string
	for server := range strings.SplitSeq(text, ",") {
		server = strings.TrimSpace(server)
		if server == "" {
			continue
		}
		host, port, err := net.SplitHostPort(server)
		number, portErr := strconv.Atoi(port)
		if err != nil || portErr != nil || host == "" || number < 1 || number > 65535 || strings.ContainsAny(host, " \t\r\n\\=/@") {
			return nil, fmt.Errorf("%.60q is not host:port", server)
		}
		servers = append(servers, server)
	}
	return servers, nil
}
