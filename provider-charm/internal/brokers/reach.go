package brokers

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"connectcharms/requirer-lib/connection"
)

// serverPatience bounds one attempt to reach one server, its login included.
const serverPatience = 3 * time.Second

// RefusedError says that Kafka is there and does not let the user in.
type RefusedError struct{ Server, Username, Reason string }

func (e *RefusedError) Error() string {
	return fmt.Sprintf("Kafka at %s refuses the user %s: %s", e.Server, e.Username, e.Reason)
}

// Reach says whether any server answers as Kafka does and lets the user in. A refused login is a *RefusedError.
func (a Access) Reach(ctx context.Context) error {
	connection, err := a.connect(ctx, a.Servers)
	if err != nil {
		return err
	}
	return connection.Close()
}

// connect logs in at the first server that answers.
func (a Access) connect(ctx context.Context, servers []string) (*session, error) {
	var why error
	for _, server := range servers {
		connection, err := a.connectTo(ctx, server)
		if err == nil {
			return connection, nil
		}
		if refused, is := errors.AsType[*RefusedError](err); is {
			return nil, refused
		}
		if why == nil {
			why = err
		}
	}
	return nil, unreached(strings.Join(servers, ", "), why)
}

// inShort leaves out what names the address once more.
func inShort(err error) error {
	if operation, is := errors.AsType[*net.OpError](err); is && operation.Op == "dial" {
		return operation.Err
	}
	return err
}

func (a Access) connectTo(ctx context.Context, server string) (*session, error) {
	deadline := time.Now().Add(serverPatience)
	limited, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	var dialer net.Dialer
	connection, err := dialer.DialContext(limited, "tcp", server)
	if err != nil {
		return nil, in(dialPhase(err), err)
	}
	opened := &session{connection}
	if err := errors.Join(connection.SetDeadline(deadline), a.introduce(limited, opened, server)); err != nil {
		_ = opened.Close()
		return nil, err
	}
	return opened, nil
}

// introduce does what a client does before it asks for anything.
func (a Access) introduce(ctx context.Context, opened *session, server string) error {
	if err := a.encrypt(ctx, opened, server); err != nil {
		return in(connection.PhaseTLS, err)
	}
	if a.Mechanism != "" {
		if !a.verifiable() {
			return nil
		}
		if err := opened.login(a, server); err != nil {
			return in(connection.PhaseAuthenticate, err)
		}
	}
	if err := opened.probe(); err != nil {
		return in(connection.PhaseRequest, a.hint(err))
	}
	return nil
}

// verifiable says whether a password may be sent: to a server that is verified, or where no encryption was asked for.
// Without a CA of its own, whom to trust is for Java to say: it has other roots than this machine. Then this only sees
// whether TLS is spoken.
func (a Access) verifiable() bool { return !a.TLS || a.CA != "" }

// encrypt begins TLS where the access has it.
func (a Access) encrypt(ctx context.Context, opened *session, server string) error {
	if !a.TLS {
		return nil
	}
	host, _, err := net.SplitHostPort(server)
	if err != nil {
		return err
	}
	config := &tls.Config{ServerName: host, InsecureSkipVerify: !a.verifiable(), MinVersion: tls.VersionTLS12}
	if a.CA != "" {
		config.RootCAs = x509.NewCertPool()
		config.RootCAs.AppendCertsFromPEM([]byte(a.CA))
	}
	encrypted := tls.Client(opened.connection, config)
	opened.connection = encrypted
	err = encrypted.HandshakeContext(ctx)
	if isClosed(err) {
		return errors.New("it speaks no TLS")
	}
	if err != nil {
		return fmt.Errorf("TLS: %w", err)
	}
	return nil
}

// hint says what a broker that closes the connection probably wants.
func (a Access) hint(err error) error {
	var wants []string
	if !a.TLS {
		wants = append(wants, "TLS")
	}
	if a.Mechanism == "" {
		wants = append(wants, "a login")
	}
	if !isClosed(err) || len(wants) == 0 {
		return err
	}
	return fmt.Errorf("it closes the connection, as one does that wants %s", strings.Join(wants, " or "))
}

func isClosed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
