package gateway

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"connectcharms/provider-charm/internal/accounts"
)

// visit is one request on its way through the gateway.
type visit struct {
	config   *Config // the settings when it came: they stay the same until it goes
	internal bool    // it came by the door of the workers
	route    route
	query    string
	body     []byte
	who      string // for the record
	kind     kind
	signed   bool
	hides    func(connector string) bool
	refers   func(value string) bool // whether a configuration may have it
}

// kind is who makes a request.
type kind string

const (
	kindNobody   kind = "nobody" // no account, or none that is accepted
	kindClient   kind = "client"
	kindOperator kind = "operator"
	kindWorker   kind = "worker" // its signature is for the worker to check
)

func kindOf(account accounts.Account) kind {
	if account.Operator {
		return kindOperator
	}
	return kindClient
}

// serveClient is what stands behind the port for clients.
func (g *gateway) serveClient(w http.ResponseWriter, r *http.Request) { g.serve(w, r, false) }

// servePeer is what stands behind the port for other workers.
func (g *gateway) servePeer(w http.ResponseWriter, r *http.Request) { g.serve(w, r, true) }

// serve takes a request through the checks and to the worker. Everything that is refused is refused before the worker
// hears of it.
func (g *gateway) serve(w http.ResponseWriter, r *http.Request, internal bool) {
	g.counts.total.Add(1)
	g.meters.inFlight.Inc()
	begun := time.Now()
	answer := &recorder{ResponseWriter: w}
	v := &visit{config: g.settings.Load(), internal: internal, who: "-", kind: kindNobody}
	if r.ContentLength != 0 {
		// It holds also for the rest of a body that nobody is going to read; net/http lifts it at the end of the body.
		_ = http.NewResponseController(w).SetReadDeadline(begun.Add(time.Duration(v.config.BodyTimeout)))
	}
	var refused *refusal
	defer func() {
		took := time.Since(begun)
		g.meters.inFlight.Dec()
		g.meters.observe(r.Method, v, answer.status, took)
		g.record(r, v, answer.status, refused, took)
	}()
	if refused = g.handle(answer, r, v); refused != nil {
		if refused.status != http.StatusUnauthorized && refused.status != http.StatusTooManyRequests {
			g.counts.refused.Add(1)
		}
		if refused.limit != "" {
			g.meters.limited.WithLabelValues(refused.limit).Inc()
		}
		refused.write(answer)
	}
}

func (g *gateway) handle(w *recorder, r *http.Request, v *visit) *refusal {
	if refused := g.checkDoor(w, r, v); refused != nil {
		return refused
	}
	found, badPath := parseRoute(r.Method, r.URL.EscapedPath())
	v.route = found
	switch {
	case badPath == nil && found.access == anyone:
		g.health.answer(w, r)
		return nil
	case badPath == nil && found.access == workersOnly && v.internal && signedByWorker(r.Header):
		return g.handleSigned(w, r, v)
	}
	account, accepted := g.book.authenticate(r)
	if !accepted {
		return g.unauthorized(r, v, account.Username)
	}
	v.who, v.kind = account.Username, kindOf(account)
	v.hides = func(connector string) bool { return hidden(account, connector) }
	v.refers = func(value string) bool { return mayRefer(account, value) }
	if badPath != nil { // who has no account does not learn even that
		return badPath
	}
	if refused := mayUse(account, found); refused != nil {
		return refused
	}
	return g.handleAccount(w, r, v)
}

// checkDoor is asked for every request: a connection can be older than what a reload has changed.
func (g *gateway) checkDoor(w http.ResponseWriter, r *http.Request, v *visit) *refusal {
	switch {
	case v.internal && !ofOurs(r.TLS, &g.identity):
		w.Header().Set("Connection", "close")
		return refuse(http.StatusForbidden, errNotOurs.Error())
	case !v.internal && r.TLS == nil && !v.config.takesPlain():
		// No redirect: a client that follows it would go on to send its password in clear first, each time.
		w.Header().Set("Connection", "close")
		return &refusal{status: http.StatusUpgradeRequired, message: "use https: this port takes no requests without TLS", limit: limitPlain}
	}
	return nil
}

// handleAccount takes the body of a request whose account may use the path, and passes it on.
func (g *gateway) handleAccount(w *recorder, r *http.Request, v *visit) *refusal {
	if refused := g.limitRate(v); refused != nil {
		return refused
	}
	room := g.clients
	if v.internal {
		room = g.forwarded
	}
	if !room.enter(v.who) {
		return limited(http.StatusServiceUnavailable, limitInFlight, "too many requests are at work at the same time: try again")
	}
	defer room.leave(v.who)
	if refused := g.readRequest(w, r, v, v.config.MaxBody); refused != nil {
		return refused
	}
	if r.ContentLength != 0 {
		if _, still := g.book.authenticate(r); !still { // a reload came while the body did
			return g.unauthorized(r, v, v.who)
		}
	}
	if refused := v.checkBody(r.Header); refused != nil {
		return refused
	}
	g.forward(w, r, v)
	return nil
}

// limitRate counts a client's request where it comes in first: the gateway that forwards it has counted it.
func (g *gateway) limitRate(v *visit) *refusal {
	if v.config.Rate == 0 || v.kind != kindClient || v.internal {
		return nil
	}
	wait := g.rates.take(v.who, float64(v.config.Rate), float64(v.config.Burst))
	if wait == 0 {
		return nil
	}
	g.counts.limited.Add(1)
	refused := limited(http.StatusTooManyRequests, limitRate, "this account makes more requests than it is allowed: try again later")
	refused.retryAfter = wait
	return refused
}

// unauthorized counts a request without a good account. It is recorded as long as its sender is within its allowance.
func (g *gateway) unauthorized(r *http.Request, v *visit, known string) *refusal {
	if r.Header.Get("Authorization") == "" { // a question, as browsers and curl --anyauth ask it, not an attempt
		g.counts.unauthorized.Add(1)
		return refuse(http.StatusUnauthorized, "an account is needed")
	}
	if !g.failures.allow(remoteAddress(r)) {
		g.counts.limited.Add(1)
		return limited(http.StatusTooManyRequests, limitAttempts, "too many attempts with a wrong user name or password")
	}
	g.counts.unauthorized.Add(1)
	g.recordAttempt(r, v, known)
	return refuse(http.StatusUnauthorized, "user name and password are not accepted")
}

func remoteAddress(r *http.Request) netip.Addr {
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return remote.Addr()
}

// debug logs a request for whoever looks closer.
func (g *gateway) debug(r *http.Request, entry *record) {
	g.log.LogAttrs(context.WithoutCancel(r.Context()), slog.LevelDebug, "request", entry.attributes()...)
}
