// Package gateway is the reverse proxy in front of one Kafka Connect worker, which itself listens on loopback and asks
// for no account. The gateway ends TLS, checks the account of every request against a file that it reloads while
// running, keeps the clients of different relations away from each other's connectors, and limits, counts and records
// requests. When in doubt it is closed. It decides nothing about who gets an account or a certificate.
//
// Workers reach each other through their gateways too, by a door of their own: mutual TLS with the one identity that
// all units share. What a follower forwards for a client carries the client's Authorization and is checked again. What a
// worker sends by itself (new task configurations, fencing) carries Connect's internal signature, which the worker
// behind the gateway verifies; that needs connect.protocol=sessioned, Connect's default.
package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
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

// Run serves what the configuration file says until the context ends, then lets the requests at work finish within
// ShutdownTimeout and returns nil. It returns an error when the configuration cannot work or an address or the socket
// cannot be listened on; that for metrics is not worth it. Accounts, certificates or an identity that cannot be read are no error: nobody gets in by them
// until a reload finds good ones.
//
// The gateway's metrics go into the registry, and GET /metrics of the configured address shows all that is in it.
func Run(ctx context.Context, file string, registry *prometheus.Registry, log *slog.Logger) error {
	config, revision, err := load(file)
	if err != nil {
		return err
	}
	open, err := listen(ctx, config)
	if err != nil {
		return err
	}
	defer open.close()
	g, err := newGateway(file, config, registry, log)
	if err != nil {
		return err
	}
	g.taken.Store(&taken{revision: revision})
	g.serveMetrics(ctx)
	defer g.scrapes.close()
	defer g.worker.CloseIdleConnections()
	defer g.auditor.close()
	log.Info("gateway listens", "places", open.places(), "upstream", config.Upstream, "control", config.Control)
	return serve(ctx, time.Duration(config.ShutdownTimeout), g.servers(open)...)
}

// gateway is the handler of clients' and workers' requests.
type gateway struct {
	file  string
	start Config // what the process began with: what takes a restart to change
	log   *slog.Logger

	reloading   sync.Mutex // one reload at a time, or an older one could win
	settings    atomic.Pointer[Config]
	taken       atomic.Pointer[taken]
	book        *book
	certificate keyPair // shown to clients
	identity    keyPair // shared with the other workers

	worker    *upstream
	workerURL *url.URL
	health    *health
	auditor   *auditor
	meters    *meters
	scrapes   scrapes

	failures       *failureLimiter
	signedFailures *failureLimiter
	rates          *rates
	clients        *inFlight
	forwarded      *inFlight
	workers        *inFlight
	counts         counts
}

type counts struct {
	total, unauthorized, limited, refused, failed atomic.Int64
}

func newGateway(file string, config Config, registry *prometheus.Registry, log *slog.Logger) (*gateway, error) {
	workerURL, err := config.upstream()
	if err != nil {
		return nil, err
	}
	auditor, err := openAudit(config.Audit, log)
	if err != nil {
		return nil, err
	}
	worker := newUpstream(workerURL.Host, time.Duration(config.UpstreamTimeout))
	g := &gateway{
		file: file, start: config, log: log, worker: worker, workerURL: workerURL, auditor: auditor,
		book:           openBook(config.Accounts, log),
		health:         newHealth(worker, workerURL.String()),
		failures:       newFailureLimiter(),
		signedFailures: newFailureLimiter(),
		rates:          newRates(),
		clients:        newInFlight(config.MaxInFlight, config.MaxInFlightPerAccount),
		// The gateway that forwards has already held an account to its share.
		forwarded: newInFlight(config.MaxInFlight, config.MaxInFlight),
		workers:   newInFlight(maxSigned, maxSignedPerAddress),
	}
	g.settings.Store(&config)
	g.loadKeyPairs()
	if g.meters, err = newMeters(g, registry); err != nil {
		return nil, fmt.Errorf("cannot register the gateway's metrics: %w", err)
	}
	return g, nil
}

// loadKeyPairs is for the start: without a certificate or an identity the doors that need it stay shut.
func (g *gateway) loadKeyPairs() {
	if _, err := g.certificate.load(g.start.TLS); err != nil {
		g.log.Error("no client gets in with TLS until the certificate is mended and reloaded", "error", err)
	}
	if _, err := g.identity.load(g.start.identity()); err != nil {
		g.log.Error("no other worker gets in until the identity is mended and reloaded", "error", err)
	}
}
