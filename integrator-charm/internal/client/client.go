// Package client asks a connect-manager serve that runs, over HTTP or its unix socket. Its answers are the documents of
// package manager. It sends what may be sent twice only: GET again after a failure is its caller's matter.
package client

import (
	"bytes"
	"cmp"
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
	"strconv"
	"strings"
	"time"

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
	Status   int // of HTTP
	Message  string
	Problems []Problem // with what was sent, as far as it tells them one by one
	// RetryAfter is how long to wait before the same is sent again. Zero: it does not say.
	RetryAfter time.Duration
}

func (e *Error) Error() string { return e.Message }

// Problem is one thing that is wrong in a document that was sent.
type Problem struct {
	Field  string `json:"field"`
	Reason string `json:"reason"`
}

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
	return c.do(ctx, call{method: method, path: path, query: query, body: body}, into)
}

// call is a request to the daemon.
type call struct {
	method, path string // path is joined to the server's, so each part of it is escaped
	query        url.Values
	body         any    // becomes JSON; an io.Reader is sent as it is
	kind         string // of an io.Reader: its media type
	version      string // that the thing must still have; empty: any
}

func (c *Client) do(ctx context.Context, asked call, into any) error {
	answer, err := c.send(ctx, asked)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(answer.Body, largest))
	switch {
	case err != nil:
		return fmt.Errorf("read the answer of %s: %w", c.name, err)
	case answer.StatusCode >= http.StatusMultipleChoices:
		return refusal(answer, text)
	case into == nil:
		return nil
	}
	if raw, is := into.(*[]byte); is {
		*raw = text
		return nil
	}
	return c.decode(text, into)
}

func (c *Client) decode(text []byte, into any) error {
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("read the answer of %s: it is no connect-manager serve of this version: %w", c.name, err)
	}
	return nil
}

func (c *Client) send(ctx context.Context, asked call) (*http.Response, error) {
	content, err := asked.content()
	if err != nil {
		return nil, err
	}
	target := c.base.JoinPath(asked.path)
	target.RawQuery = asked.query.Encode()
	request, err := http.NewRequestWithContext(ctx, asked.method, target.String(), content)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json")
	if content != nil {
		request.Header.Set("Content-Type", cmp.Or(asked.kind, "application/json"))
	}
	if asked.version != "" {
		request.Header.Set("If-Match", `"`+asked.version+`"`)
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

func (c call) content() (io.Reader, error) {
	switch body := c.body.(type) {
	case nil:
		return nil, nil
	case io.Reader:
		return body, nil
	}
	encoded, err := json.Marshal(c.body)
	return bytes.NewReader(encoded), err
}

// withoutURL leaves out what http.Client says before the cause.
func withoutURL(err error) error {
	if wrapped := new(url.Error); errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

func refusal(answer *http.Response, text []byte) error {
	var said struct {
		Message  string    `json:"message"`
		Problems []Problem `json:"problems"`
	}
	status := answer.StatusCode
	if json.Unmarshal(text, &said) != nil || said.Message == "" {
		said.Message = fmt.Sprintf("the daemon answered %d %s", status, http.StatusText(status))
	}
	if status == http.StatusUnauthorized {
		said.Message += ": name a file with a token as token-file, or in CONNECT_TOKEN_FILE"
	}
	seconds, _ := strconv.Atoi(answer.Header.Get("Retry-After")) // a date is not what the daemon says
	return &Error{Status: status, Message: said.Message, Problems: said.Problems, RetryAfter: time.Duration(seconds) * time.Second}
}
