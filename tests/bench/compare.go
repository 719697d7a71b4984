package bench

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"connectcharms/tests/gateway"
)

// Options are those of a comparison.
type Options struct {
	Program     string // kafka-connect of the charm
	Connections int
	For         time.Duration // of one round
	Rounds      int           // of which the middle one counts
	OnlyCheap   bool          // of Hashes, only the last: for whoever works on the gateway
}

// Upstream is what the gateway and nginx are put in front of.
type Upstream struct {
	Name    string
	Address string // host and port
	Path    string
}

// TinyUpstream answers at once, with what a worker says of a connector: the worst case for whatever is in front of it.
func TinyUpstream(ctx context.Context) (Upstream, func(), error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return Upstream{}, nil, err
	}
	const status = `{"name":"lines","connector":{"state":"RUNNING","worker_id":"10.0.0.1:8083"},"tasks":[{"id":0,"state":"RUNNING"}]}`
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, status)
	})}
	go func() { _ = server.Serve(listener) }()
	return Upstream{"tiny", listener.Addr().String(), "/connectors/lines/status"}, func() { _ = server.Close() }, nil
}

// contender is something in front of an upstream.
type contender struct {
	name    string
	load    Load
	pid     int // 0: its time is not measured
	results []Result
	cpu     time.Duration // of all rounds
}

// run is one round.
func (c *contender) run(ctx context.Context, counts bool) error {
	before, err := c.time()
	if err != nil {
		return err
	}
	result, err := c.load.Run(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	after, err := c.time()
	if counts {
		c.results = append(c.results, result)
		c.cpu += after - before
	}
	return err
}

func (c *contender) time() (time.Duration, error) {
	if c.pid == 0 {
		return 0, nil
	}
	return cpu(c.pid)
}

// perRequest is the processor's time that one request takes.
func (c *contender) perRequest() time.Duration {
	requests := 0
	for _, result := range c.results {
		requests += result.Requests
	}
	return c.cpu / time.Duration(max(1, requests))
}

// middle is the round with the middle throughput.
func (c *contender) middle() Result {
	sorted := slices.SortedFunc(slices.Values(c.results), func(a, b Result) int { return cmp.Compare(a.PerSecond(), b.PerSecond()) })
	return sorted[len(sorted)/2]
}

// account is the one client.
var account = gateway.Account{Username: "relation-1", Password: strings.Repeat("p", 32), Relation: 1}

// Compare measures the upstream itself, the gateway, and nginx with each way to hash, and prints a table in Markdown. The
// contenders take turns, so that whatever else happens on the machine happens to all of them.
func Compare(ctx context.Context, out io.Writer, upstream Upstream, withTLS bool, options Options) error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	contenders, stop, err := contenders(ctx, dir, upstream, withTLS, options)
	defer stop()
	if err != nil && !errors.Is(err, ErrNoNginx) {
		return err
	}
	if err != nil {
		fmt.Fprintf(out, "%v: no comparison with it.\n\n", err)
	}
	for round := range options.Rounds + 1 {
		for _, contender := range contenders {
			if err := contender.run(ctx, round > 0); err != nil { // the first one warms up
				return err
			}
		}
	}
	table(out, upstream, withTLS, contenders, options)
	return nil
}

func contenders(ctx context.Context, dir string, upstream Upstream, withTLS bool, options Options) (all []*contender, stop func(), err error) {
	var running []interface{ Stop() error }
	stop = func() {
		for _, one := range running {
			_ = one.Stop()
		}
	}
	load := Load{Path: upstream.Path, Username: account.Username, Password: account.Password, Connections: options.Connections, For: options.For}
	add := func(name, address string, secured bool, pid int) {
		with := load
		with.Address = address
		if secured {
			with.TLS = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // it is our own, on this machine
		}
		all = append(all, &contender{name: name, load: with, pid: pid})
	}
	add("upstream itself", upstream.Address, false, 0)

	config := gateway.Config{"upstream": "http://" + upstream.Address}
	var identity gateway.Identity
	if withTLS {
		if identity, err = gateway.NewIdentity(dir, "localhost"); err != nil {
			return nil, stop, err
		}
		config["tls"] = map[string]string{"certificate": identity.Certificate, "key": identity.Key}
	}
	ours, err := gateway.Start(ctx, options.Program, dir, config, account)
	if err != nil {
		return nil, stop, err
	}
	running = append(running, ours)
	add("gateway", ours.Status.Listen, withTLS, ours.PID())

	for i, hash := range Hashes {
		if options.OnlyCheap && i < len(Hashes)-1 {
			continue
		}
		hashed, err := hash.Of(ctx, account.Password)
		if err != nil {
			return all, stop, err
		}
		place := filepath.Join(dir, fmt.Sprintf("nginx-%d", i))
		if err := os.Mkdir(place, 0o755); err != nil {
			return all, stop, err
		}
		nginx, err := StartNginx(ctx, place, NginxOptions{
			Upstream: upstream.Address, Username: account.Username, Hash: hashed, Certificate: identity.Certificate, Key: identity.Key,
		})
		if err != nil {
			return all, stop, err
		}
		running = append(running, nginx)
		add("nginx, "+hash.Name, nginx.Address, withTLS, nginx.PID())
	}
	return all, stop, nil
}

// table prints throughput, latency, what is added to the upstream's own, and the gateway's throughput by the contender's.
func table(out io.Writer, upstream Upstream, withTLS bool, contenders []*contender, options Options) {
	encryption := "without TLS"
	if withTLS {
		encryption = "TLS"
	}
	fmt.Fprintf(out, "Upstream %s, %s, %d connections, the middle of %d rounds of %s:\n\n", upstream.Name, encryption, options.Connections, options.Rounds, options.For)
	fmt.Fprintln(out, "| in front | requests/s | median | 99 % | added, median | CPU per request | gateway is |")
	fmt.Fprintln(out, "|---|--:|--:|--:|--:|--:|--:|")
	direct, ours := contenders[0].middle(), contenders[1].middle()
	for i, contender := range contenders {
		result := contender.middle()
		ratio, added, computed := "", "", ""
		if i > 0 {
			computed = round(contender.perRequest())
			added = round(result.Latency(.5) - direct.Latency(.5))
		}
		if i > 1 {
			ratio = fmt.Sprintf("%.2f × as fast", ours.PerSecond()/result.PerSecond())
		}
		fmt.Fprintf(out, "| %s | %.0f | %s | %s | %s | %s | %s |\n", contender.name, result.PerSecond(), round(result.Latency(.5)), round(result.Latency(.99)), added, computed, ratio)
	}
	fmt.Fprintln(out)
}

func round(d time.Duration) string { return d.Round(time.Microsecond).String() }
