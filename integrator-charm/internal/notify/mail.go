package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"

	"github.com/wneessen/go-mail"
)

func (r *routes) sendMail(ctx context.Context, to receiver, message Message) error {
	letter, err := r.letter(to, message)
	if err != nil {
		return &refusal{why: err.Error(), final: true}
	}
	server, err := r.config.SMTP.client(mail.WithDialContextFunc(r.config.SMTP.dial(ctx)))
	if err != nil {
		return err
	}
	session, err := server.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return fmt.Errorf("the mail server: %w", err)
	}
	// The server has the message or has not: what comes of the farewell does not matter.
	defer func() { _ = server.CloseWithSMTPClient(session) }()
	return judgeMail(server.SendWithSMTPClient(session, letter))
}

// letter is the message as mail: plain text, in which nothing can be hidden. Its ID stays the same when it is sent again.
func (r *routes) letter(to receiver, message Message) (*mail.Msg, error) {
	letter := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := errors.Join(letter.From(r.config.SMTP.From), letter.To(to.address.Reveal())); err != nil {
		return nil, err
	}
	letter.Subject(oneLine(message.Title))
	letter.SetMessageIDWithValue(message.ID + "@connect-manager")
	letter.SetDate()
	letter.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: nobody's absence note answers it
	letter.SetGenHeader(IdempotencyHeader, message.ID)
	letter.SetBodyString(mail.TypeTextPlain, message.Text)
	return letter, nil
}

// client is for one session. The password is read each time: it may have been changed.
func (s SMTP) client(more ...mail.Option) (*mail.Client, error) {
	host, port, err := net.SplitHostPort(s.Address)
	if err != nil {
		return nil, err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("port %q is no number", port)
	}
	trusted, err := s.tlsConfig(host)
	if err != nil {
		return nil, err
	}
	policy := mail.TLSMandatory
	if s.TLS != StartTLS {
		policy = mail.NoTLS // dial has it from the first byte on, or it is not wanted
	}
	options := []mail.Option{mail.WithPort(number), mail.WithTimeout(attemptPatience), mail.WithTLSConfig(trusted), mail.WithTLSPolicy(policy)}
	if s.Username != "" {
		password, err := readAddress(s.PasswordFile)
		if err != nil {
			return nil, fmt.Errorf("password-file: %w", err)
		}
		options = append(options, mail.WithSMTPAuthCustom(&login{host: host, user: s.Username, password: password}))
	}
	return mail.NewClient(host, append(options, more...)...)
}

func (s SMTP) tlsConfig(host string) (*tls.Config, error) {
	config := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if s.CAFile == "" {
		return config, nil
	}
	text, err := os.ReadFile(s.CAFile)
	if err != nil {
		return nil, fmt.Errorf("ca-file: %w", err)
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("ca-file: %s has no certificate", s.CAFile)
	}
	return config, nil
}

// dial has the connection end with the attempt, whatever the server does.
func (s SMTP) dial(attempt context.Context) mail.DialContextFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		var dialer net.Dialer
		connection, err := dialer.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		context.AfterFunc(attempt, func() { _ = connection.Close() })
		if s.TLS != TLS {
			return connection, nil
		}
		host, _, _ := net.SplitHostPort(s.Address) // checked
		config, err := s.tlsConfig(host)
		if err != nil {
			return nil, errors.Join(err, connection.Close())
		}
		return tls.Client(connection, config), nil
	}
}

// judgeMail tells what the server says of this one letter from what is wrong with the server.
func judgeMail(err error) error {
	failed, is := errors.AsType[*mail.SendError](err)
	if !is {
		return err
	}
	if code := failed.ErrorCode(); code >= 500 && code != 530 && code != 535 { // these two are about our account
		return &refusal{why: cut(oneLine(fmt.Sprintf("the mail server refuses it for good: %v", failed)), longestLine), final: true}
	}
	return fmt.Errorf("the mail server: %w", err)
}
