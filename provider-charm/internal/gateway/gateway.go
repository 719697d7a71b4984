// Package gateway is the reverse proxy in front of one Kafka Connect worker, which itself listens on loopback and asks
// for no account. The gateway checks the account of every request against a file that it reloads while running, keeps
// the clients of different relations away from each other's connectors, and limits, counts and logs requests. When in
// doubt it is closed. It ends no TLS and decides nothing about who gets an account.
//
// Requests that workers send to each other come in by the same door. What a follower forwards for a client carries the
// client's Authorization and is checked again. What a worker sends by itself (new task configurations, fencing) carries
// Connect's internal signature, which the worker behind the gateway verifies; that needs connect.protocol=sessioned,
// Connect's default.
package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"sync/atomic"
	"time"
)

// Bounds that no configuration changes.
const (
	headerTimeout  = 10 * time.Second
	idleTimeout    = 90 * time.Second
	answerTimeout  = 60 * time.Second // for the client to take the answer once the worker gives it
	maxHeaderBytes = 16 << 10         // Jetty, in front of Connect, takes 8 KiB

	maxSigned           = 16 // requests with a worker's signature at work at one time
	maxSignedPerAddress = 4
)

// Run serves until the context ends, then lets the requests at work finish within ShutdownTimeout and returns nil. It
// returns an error when the configuration cannot work or an address or the socket cannot be listened on. Accounts that
// cannot be read are no error: nobody gets in until a reload finds good ones.
func Run(ctx context.Context, config Config, log *slog.Logger) error {
	config, err := config.complete()
	if err != nil {
		return fmt.Errorf("cannot start gateway: %w", err)
	}
	clients, err := new(net.ListenConfig).Listen(ctx, "tcp", config.Listen)
	if err != nil {
		return fmt.Errorf("cannot listen for clients: %w", err)
	}
	defer clients.Close()
	control, err := listenControl(ctx, config.Control)
	if err != nil {
		return err
	}
	defer control.Close()

	g, err := newGateway(config, log)
	if err != nil {
		return err
	}
	defer g.worker.CloseIdleConnections()
	log.Info("gateway listens", "address", clients.Addr().String(), "upstream", config.Upstream, "control", config.Control)
	return serve(ctx, time.Duration(config.ShutdownTimeout),
		serving{g.server(g, log), clients},
		serving{g.server(g.control(clients.Addr()), log), control},
	)
}

type serving struct {
	server   *http.Server
	listener net.Listener
}

// serve runs the servers until the context ends or one of them fails, and waits for all of them.
func serve(ctx context.Context, patience time.Duration, all ...serving) error {
	ended := make(chan error, len(all))
	for _, one := range all {
		go func() { ended <- one.server.Serve(one.listener) }()
	}
	var failure error
	running := len(all)
	select {
	case <-ctx.Done():
	case failure = <-ended:
		running--
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	for _, one := range all {
		if one.server.Shutdown(last) != nil { // requests are still at work: cut them off
			_ = one.server.Close()
		}
	}
	for range running {
		<-ended
	}
	if failure != nil {
		return fmt.Errorf("gateway stopped serving: %w", failure)
	}
	return nil
}

// gateway is the handler of clients' and workers' requests.
type gateway struct {
	config Config
	log    *slog.Logger
	book   *book
	worker *http.Transport
	proxy  *httputil.ReverseProxy
	health *health

	failures       *failureLimiter
	signedFailures *failureLimiter
	clients        *inFlight
	workers        *inFlight
	counts         counts
}

type counts struct {
	total, unauthorized, limited, refused, failed atomic.Int64
}

func newGateway(config Config, log *slog.Logger) (*gateway, error) {
	upstream, err := config.upstream()
	if err != nil {
		return nil, err
	}
	worker := newTransport(time.Duration(config.UpstreamTimeout))
	g := &gateway{
		config: config, log: log, worker: worker,
		book:           openBook(config.Accounts, log),
		health:         newHealth(worker, upstream.String()),
		failures:       newFailureLimiter(),
		signedFailures: newFailureLimiter(),
		clients:        newInFlight(config.MaxInFlight, config.MaxInFlightPerAccount),
		workers:        newInFlight(maxSigned, maxSignedPerAddress),
	}
	g.proxy = g.newProxy(upstream)
	return g, nil
}

func (g *gateway) server(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		WriteTimeout:      time.Duration(g.config.BodyTimeout) + time.Duration(g.config.UpstreamTimeout) + answerTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// visit is one request on its way through the gateway.
type visit struct {
	route  route
	query  string
	body   []byte
	who    string // for the log
	signed bool
	hides  func(connector string) bool
}

// ServeHTTP takes a request through the checks and to the worker. Everything that is refused is refused before the
// worker hears of it.
func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.counts.total.Add(1)
	begun := time.Now()
	answer := &recorder{ResponseWriter: w}
	v := &visit{who: "-"}
	if r.Body != http.NoBody {
		// It holds also for the rest of a body that nobody is going to read; net/http lifts it at the end of the body.
		_ = http.NewResponseController(w).SetReadDeadline(begun.Add(time.Duration(g.config.BodyTimeout)))
	}
	defer func() { g.audit(r, v, answer.status, time.Since(begun)) }()

	if refused := g.handle(answer, r, v); refused != nil {
		if refused.status != http.StatusUnauthorized && refused.status != http.StatusTooManyRequests {
			g.counts.refused.Add(1)
		}
		refused.write(answer)
	}
}

func (g *gateway) handle(w *recorder, r *http.Request, v *visit) *refusal {
	found, badPath := parseRoute(r.Method, r.URL.EscapedPath())
	v.route = found
	switch {
	case badPath == nil && found.access == anyone:
		g.health.answer(w, r)
		return nil
	case badPath == nil && found.access == workersOnly && signedByWorker(r.Header):
		return g.handleSigned(w, r, v)
	}
	account, accepted := g.book.authenticate(r)
	if !accepted {
		return g.unauthorized(r, account.Username)
	}
	v.who = account.Username
	v.hides = func(connector string) bool { return hidden(account, connector) }
	if badPath != nil { // who has no account does not learn even that
		return badPath
	}
	if refused := mayUse(account, found); refused != nil {
		return refused
	}
	return g.handleAccount(w, r, v)
}

// handleAccount takes the body of a request whose account may use the path, and passes it on.
func (g *gateway) handleAccount(w *recorder, r *http.Request, v *visit) *refusal {
	if !g.clients.enter(v.who) {
		return refuse(http.StatusServiceUnavailable, "too many requests are at work at the same time: try again")
	}
	defer g.clients.leave(v.who)
	if refused := g.readRequest(w, r, v, g.config.MaxBody); refused != nil {
		return refused
	}
	if _, still := g.book.authenticate(r); !still { // a reload came while the body did
		return g.unauthorized(r, v.who)
	}
	if refused := v.checkBody(r.Header); refused != nil {
		return refused
	}
	g.forward(w, r, v)
	return nil
}

// unauthorized counts a request without a good account. The log gets it as long as its sender is within its allowance.
func (g *gateway) unauthorized(r *http.Request, known string) *refusal {
	if r.Header.Get("Authorization") == "" { // a question, as browsers and curl --anyauth ask it, not an attempt
		g.counts.unauthorized.Add(1)
		return refuse(http.StatusUnauthorized, "an account is needed")
	}
	if !g.failures.allow(remoteAddress(r)) {
		g.counts.limited.Add(1)
		return refuse(http.StatusTooManyRequests, "too many attempts with a wrong user name or password")
	}
	g.counts.unauthorized.Add(1)
	g.log.Warn("account refused", "account", known, "remote", r.RemoteAddr)
	return refuse(http.StatusUnauthorized, "user name and password are not accepted")
}

func remoteAddress(r *http.Request) netip.Addr {
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return remote.Addr()
}

// audit logs every write and, for whoever looks closer, every read. Queries, headers and bodies are left out: they can
// carry secrets.
func (g *gateway) audit(r *http.Request, v *visit, status int, took time.Duration) {
	level := slog.LevelInfo
	unknown := status == http.StatusUnauthorized || status == http.StatusTooManyRequests // has been logged within limits
	if r.Method == http.MethodGet || unknown {
		level = slog.LevelDebug
	}
	path := v.route.path
	if path == "" {
		path = r.URL.Path[:min(len(r.URL.Path), 200)]
	}
	g.log.Log(context.WithoutCancel(r.Context()), level, "request", "who", v.who, "method", r.Method, "path", path,
		"status", status, "duration", took.Round(time.Microsecond), "remote", r.RemoteAddr)
}
