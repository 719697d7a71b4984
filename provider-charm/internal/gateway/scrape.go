package gateway

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"
)

// scrapes is the listener for Prometheus. A reload opens, moves and closes it, so that whoever comes to scrape costs the
// clients no restart. Where it cannot be opened, clients are served all the same, and the next reload tries again.
type scrapes struct {
	mu      sync.Mutex
	wanted  string // address of the configuration
	at      string // address that is really listened on; "" is none
	problem string // why that is none
	server  *http.Server
	ended   chan struct{} // closed when server has
}

// serve listens on the address and nowhere else; "" is nowhere.
func (s *scrapes) serve(ctx context.Context, address string, server func() *http.Server) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if address == s.wanted && (s.server != nil || address == "") {
		return
	}
	s.end()
	s.wanted, s.at, s.problem = address, "", ""
	if address == "" {
		return
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		s.problem = fmt.Sprintf("cannot listen for metrics: %v", err)
		return
	}
	s.at, s.server, s.ended = listener.Addr().String(), server(), make(chan struct{})
	go func(server *http.Server, ended chan struct{}) {
		defer close(ended)
		_ = server.Serve(listener) // ends when it is closed
	}(s.server, s.ended)
}

// end cuts off who is scraping: it is asked for when nobody is to.
func (s *scrapes) end() {
	if s.server == nil {
		return
	}
	_ = s.server.Close()
	<-s.ended
	s.server = nil
}

func (s *scrapes) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end()
}

// state says where it is listened, or why nowhere.
func (s *scrapes) state() (address, problem string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at, s.problem
}

// serveMetrics puts the settings for metrics into force.
func (g *gateway) serveMetrics(ctx context.Context) {
	settings := g.settings.Load()
	g.scrapes.serve(ctx, settings.Metrics, func() *http.Server { return g.server(g.metricsHandler()) })
	if _, problem := g.scrapes.state(); problem != "" {
		g.log.Error("no metrics", "error", problem)
	}
}

// metricsHandler answers for the gateway's process at /metrics, and passes on what the worker's own exporter says.
func (g *gateway) metricsHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", g.meters.handler(g.log))
	mux.HandleFunc("GET /metrics/worker", g.scrapeWorker)
	return mux
}

// Bounds on one scrape of the worker.
const (
	workerScrapePatience = 10 * time.Second
	maxWorkerScrape      = 64 << 20 // bytes
)

func (g *gateway) scrapeWorker(w http.ResponseWriter, r *http.Request) {
	from := g.settings.Load().MetricsWorker
	if from == "" {
		refuse(http.StatusNotFound, "the worker has no exporter").write(w)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), workerScrapePatience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, from, http.NoBody)
	if err != nil {
		refuse(http.StatusBadGateway, "the worker's exporter cannot be asked").write(w)
		return
	}
	request.Header["Accept"] = r.Header["Accept"] // text or OpenMetrics
	request.Close = true                          // the next scrape is seconds away
	answer, err := newUpstream(request.URL.Host, workerScrapePatience).RoundTrip(request)
	if err != nil {
		refuse(http.StatusBadGateway, "the worker's exporter does not answer").write(w)
		return
	}
	defer answer.Body.Close()
	w.Header().Set("Content-Type", answer.Header.Get("Content-Type"))
	w.WriteHeader(answer.StatusCode)
	_, _ = io.Copy(w, io.LimitReader(answer.Body, maxWorkerScrape)) // who scrapes sees that it is cut
}

// checkMetricsWorker keeps the exporter on loopback: the gateway fetches for everybody who can reach its metrics.
func (c Config) checkMetricsWorker() error {
	if c.MetricsWorker == "" {
		return nil
	}
	parsed, err := url.Parse(c.MetricsWorker)
	if err == nil && parsed.Scheme == "http" && parsed.User == nil {
		address, hostErr := netip.ParseAddrPort(parsed.Host)
		if hostErr == nil && address.Addr().IsLoopback() {
			return nil
		}
	}
	return fmt.Errorf("metrics_worker %q: it must be of the form http://127.0.0.1:8086/metrics, on loopback", c.MetricsWorker)
}
