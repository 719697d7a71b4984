package controltopic

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"connectcharms/integrator-charm/internal/cluster"
	"connectcharms/integrator-charm/internal/settings"
	bounds "connectcharms/requirer-lib/probe/scram"
)

// Config is what is read, and as whom.
type Config struct {
	settings  settings.Control
	names     naming
	authority []byte // what brokers are verified by, in PEM; nil: what the system trusts
	log       *slog.Logger
}

// Open reads what settings name. It does not reach the brokers: they may come later.
func Open(control settings.Control, log *slog.Logger) (*Config, error) {
	c := &Config{settings: control, names: newNaming(control.Topic), log: log}
	if control.CAFile != "" {
		var err error
		if c.authority, err = os.ReadFile(control.CAFile); err != nil {
			return nil, fmt.Errorf("read serve.control.ca-file: %w", err)
		}
		if !x509.NewCertPool().AppendCertsFromPEM(c.authority) {
			return nil, fmt.Errorf("read serve.control.ca-file: there is no certificate in %s", control.CAFile)
		}
	}
	if control.Username != "" {
		if _, err := cluster.ReadSecret(control.PasswordFile, log); err != nil {
			return nil, fmt.Errorf("serve.control.password-file: %w", err)
		}
	}
	return c, nil
}

// isAs says whether another configuration comes to the same. A password is read whenever it is needed, and does not count.
func (c *Config) isAs(other *Config) bool {
	if c == nil || other == nil {
		return c == other
	}
	return reflect.DeepEqual(c.settings, other.settings) && bytes.Equal(c.authority, other.authority)
}

// dialPatience is how long a broker has to take a connection and to show its certificate.
const dialPatience = 10 * time.Second

// access is how brokers are reached.
func (c *Config) access() ([]kgo.Opt, error) {
	options := []kgo.Opt{
		kgo.SeedBrokers(c.settings.Brokers...), kgo.ClientID("connect-manager"), kgo.DialTimeout(dialPatience),
	}
	if c.settings.TLS {
		trusted := &tls.Config{MinVersion: tls.VersionTLS12}
		if c.authority != nil {
			trusted.RootCAs = x509.NewCertPool()
			trusted.RootCAs.AppendCertsFromPEM(c.authority)
		}
		options = append(options, kgo.DialTLSConfig(trusted))
	}
	if c.settings.Username != "" {
		mechanism, err := c.mechanism()
		if err != nil {
			return nil, err
		}
		options = append(options, kgo.SASL(mechanism))
	}
	return options, nil
}

// mechanism reads the password at each login, so that one that has changed is taken up where the old one ceases to do.
func (c *Config) mechanism() (sasl.Mechanism, error) {
	read := func() (string, error) {
		password, err := cluster.ReadSecret(c.settings.PasswordFile, nil)
		if err == nil && password.IsZero() {
			err = errors.New("serve.control.password-file is empty")
		}
		return password.Reveal(), err
	}
	login := func(context.Context) (scram.Auth, error) {
		password, err := read()
		return scram.Auth{User: c.settings.Username, Pass: password}, err
	}
	switch c.settings.Mechanism {
	case settings.ScramSHA512:
		return bounds.Bounded(scram.Sha512(login)), nil
	case settings.ScramSHA256:
		return bounds.Bounded(scram.Sha256(login)), nil
	case settings.Plain:
		return plain.Plain(func(context.Context) (plain.Auth, error) {
			password, err := read()
			return plain.Auth{User: c.settings.Username, Pass: password}, err
		}), nil
	}
	return nil, fmt.Errorf("serve.control.mechanism: there is no %s", c.settings.Mechanism)
}
