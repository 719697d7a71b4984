package connect

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-resty/resty/v2"

	"connectcharms/requirer-lib/secret"
)

const (
	defaultTimeout  = 30 * time.Second
	defaultPatience = 2 * time.Minute
	dialTimeout     = 5 * time.Second
	handshakeLimit  = 10 * time.Second
	idleLimit       = time.Minute
	// Writes go about eight at a time at most: more gains nothing on a worker.
	idlePerEndpoint = 8
	// A listing of 1000 connectors with ten failed tasks each stays below.
	maxAnswerBytes = 64 << 20
)

// Config says which cluster to talk to, and how.
type Config struct {
	// Endpoints are base URLs of workers of one cluster, all http or all https,
	// tried in this order, beginning with the one that answered last; changes,
	// with the one that leads.
	Endpoints []string
	// Username and Password are sent with every request (HTTP basic
	// authentication), unless both are empty.
	Username string
	Password secret.Value
	// CA is the chain (PEM) that endpoints are verified by. Empty: by the
	// certificates the system trusts. There is no way to not verify.
	CA []byte
	// Timeout limits one request to one endpoint. Zero: 30 s.
	Timeout time.Duration
	// Patience limits a call with all its retries, where the context does not
	// end earlier. Zero: 2 min.
	Patience time.Duration
	// Backoff and Wait pace the retries. Nil: Exponential, and the real clock.
	Backoff Backoff
	Wait    Wait
	// Dial makes the connections, where names or ways to the endpoints are not
	// this host's own. Nil: a net.Dialer, which gives up after 5 s.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Log gets a line at debug level for each retry. Nil: none.
	Log *slog.Logger
}

// Client talks to one Kafka Connect cluster. It may be used by many goroutines
// at once.
type Client struct {
	endpoints []string
	rest      *resty.Client
	hide      []string // texts that no error may show
	patience  time.Duration
	backoff   Backoff
	wait      Wait
	log       *slog.Logger
	lastGood  atomic.Int64 // index of the endpoint that answered last
	leader    leader
	recent    recent
	now       func() time.Time
}

// New checks the configuration and makes a client. It sends nothing.
func New(config Config) (*Client, error) {
	endpoints, err := checkEndpoints(config.Endpoints)
	if err != nil {
		return nil, err
	}
	if strings.Contains(config.Username, ":") {
		return nil, errors.New("the username for Kafka Connect has a colon in it, which HTTP basic authentication cannot carry")
	}
	trusted, err := readCA(config.CA)
	if err != nil {
		return nil, err
	}
	client := &Client{
		endpoints: endpoints,
		rest:      newREST(trusted, config.Dial, cmp.Or(config.Timeout, defaultTimeout)),
		patience:  cmp.Or(config.Patience, defaultPatience),
		backoff:   config.Backoff,
		wait:      config.Wait,
		log:       cmp.Or(config.Log, slog.New(slog.DiscardHandler)),
		now:       time.Now,
	}
	if client.backoff == nil {
		client.backoff = Exponential
	}
	if client.wait == nil {
		client.wait = waitOnClock
	}
	if config.Username != "" || !config.Password.IsZero() {
		client.rest.SetBasicAuth(config.Username, config.Password.Reveal())
		client.hide = secretTexts(config.Password.Reveal())
	}
	return client, nil
}

// Close lets go of idle connections. The client stays usable.
func (c *Client) Close() {
	c.rest.GetClient().CloseIdleConnections()
}

func newREST(trusted *x509.CertPool, dial func(context.Context, string, string) (net.Conn, error), timeout time.Duration) *resty.Client {
	if dial == nil {
		dial = (&net.Dialer{Timeout: dialTimeout}).DialContext
	}
	transport := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dial,
		TLSClientConfig:     &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: handshakeLimit,
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: idlePerEndpoint,
		IdleConnTimeout:     idleLimit,
	}
	return resty.NewWithClient(&http.Client{Transport: transport, Timeout: timeout}).
		// A redirect is an answer nobody expects here: following it would take
		// the request, and maybe the password, to a place nobody named.
		SetRedirectPolicy(resty.RedirectPolicyFunc(func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		})).
		SetResponseBodyLimit(maxAnswerBytes).
		SetDisableWarn(true).
		SetLogger(silence{})
}

// readCA reads a PEM chain; nil stands for the system's certificates.
func readCA(pem []byte) (*x509.CertPool, error) {
	if len(pem) == 0 {
		return nil, nil
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("reading the CA chain for Kafka Connect: no certificate in it, want PEM")
	}
	return pool, nil
}

// silence keeps resty from writing to standard error: what there is to say, the
// errors say.
type silence struct{}

func (silence) Errorf(string, ...any) {}
func (silence) Warnf(string, ...any)  {}
func (silence) Debugf(string, ...any) {}

// String names the endpoints and no more.
func (c *Client) String() string { return fmt.Sprintf("connect.Client%v", c.endpoints) }

// Format is String for every verb of package fmt: a client is safe to print.
func (c *Client) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, c.String()) }
