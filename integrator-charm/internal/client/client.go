// Package client asks a connect-manager serve that runs, over HTTP or its unix socket. Its answers are the documents of
// package manager. It sends what may be sent twice only: GET again after a failure is its caller's matter.
package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"connectcharms/requirer-lib/secret"
	"connectcharms/requirer-lib/unixsocket"
)

// Config says where the daemon is.
type Config struct {
	// Server is its URL, or the path of its socket.
	Server string
	// Token is sent with each request; a socket needs none.
	Token secret.Value
	// CA is the chain (PEM) that the daemon is verified by. Empty: what the system trusts.
	CA []byte
}

// Client asks one daemon. It may be used by many goroutines at once.
type Client struct {
	base  *url.URL
	name  string // of the daemon, for errors
	token secret.Value
	http  *http.Client
}

// Error is a refusal by the daemon.
type Error struct {
	Status  int // of HTTP
	Message string
}

func (e *Error) Error() string { return e.Message }

// ErrAddress is for a server that is neither a URL nor a path.
var ErrAddress = errors.New("want http://host:port, https://host:port, or the path of a socket")

// New sends nothing.
func New(config Config) (*Client, error) {
	transport := &http.Transport{}
	c := &Client{name: config.Server, token: config.Token, http: &http.Client{Transport: transport, CheckRedirect: neverRedirect}}
	if path, is := socketPath(config.Server); is {
		c.base = &url.URL{Scheme: "http", Host: "socket"}
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return unixsocket.Dial(ctx, path)
		}
		return c, nil
	}
	base, err := url.Parse(config.Server)
	if err != nil || base.Host == "" || base.User != nil || base.Scheme != "http" && base.Scheme != "https" {
		return nil, fmt.Errorf("connect to connect-manager serve: %w", ErrAddress)
	}
	c.base = base
	if len(config.CA) > 0 {
		trusted := x509.NewCertPool()
		if !trusted.AppendCertsFromPEM(config.CA) {
			return nil, errors.New("connect to connect-manager serve: the CA is not PEM")
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12}
	}
	return c, nil
}

// neverRedirect keeps the token with whom it is for.
func neverRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// socketPath says whether a server is a socket.
func socketPath(server string) (string, bool) {
	if path, is := strings.CutPrefix(server, "unix://"); is {
		return path, true
	}
	return server, server != "" && !strings.Contains(server, "://")
}

// Close lets go of idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// largest is the most of an answer that is read, in bytes.
const largest = 256 << 20

// ask sends a body as JSON, where there is one, and reads the answer: into a *[]byte as it is.
func (c *Client) ask(ctx context.Context, method, path string, query url.Values, body, into any) error {
	answer, err := c.send(ctx, method, path, query, body)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(answer.Body, largest))
	switch {
	case err != nil:
		return fmt.Errorf("read the answer of %s: %w", c.name, err)
	case answer.StatusCode >= http.StatusMultipleChoices:
		return refusal(answer.StatusCode, text)
	case into == nil:
		return nil
	}
	if raw, is := into.(*[]byte); is {
		*raw = text
		return nil
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("read the answer of %s: it is no connect-manager serve of this version: %w", c.name, err)
	}
	return nil
}

func (c *Client) send(ctx context.Context, method, path string, query url.Values, body any) (*http.Response, error) {
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(encoded)
	}
	target := c.base.JoinPath(path)
	target.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, method, target.String(), content)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json")
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if !c.token.IsZero() {
		request.Header.Set("Authorization", "Bearer "+c.token.Reveal())
	}
	answer, err := c.http.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", c.name, withoutURL(err))
	}
	return answer, nil
}

// withoutURL leaves out what http.Client says before the cause.
func withoutURL(err error) error {
	if wrapped := new(url.Error); errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

func refusal(status int, text []byte) error {
	var said struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(text, &said) != nil || said.Message == "" {
		said.Message = fmt.Sprintf("the daemon answered %d %s", status, http.StatusText(status))
	}
	if status == http.StatusUnauthorized {
		said.Message += ": name a file with a token as token-file, or in CONNECT_TOKEN_FILE"
	}
	return &Error{status, said.Message}
}
