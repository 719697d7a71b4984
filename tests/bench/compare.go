package bench

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"connectcharms/tests/bench/report"
	"connectcharms/tests/gateway"
	"connectcharms/tests/kafka"
)

// Gateway compares the charm's gateway with the worker itself, and with nginx in its place.
func Gateway(ctx context.Context, s *Stage) (report.Section, error) {
	section := report.Section{
		Title: "The gateway",
		Question: "What does a request cost more through the gateway than at the worker itself, and than through nginx with basic authentication, " +
			"which is what a person would put there otherwise? (nginx knows no owners of connectors, and takes no new password without a reload.)",
		Notes: []string{fmt.Sprintf("%d connections, each with one request after the other, %s a round, in turns; \"CPU time\" is that of the gateway's or nginx' processes, user and system.",
			Pick(s, 2, 16), Pick(s, 50*time.Millisecond, 1500*time.Millisecond))},
	}
	built, err := s.Charms(ctx)
	if err != nil {
		return section, err
	}
	tiny, end, err := TinyUpstream(ctx)
	if err != nil {
		return section, err
	}
	defer end()
	workers, err := s.Workers(ctx, 1)
	if err != nil {
		return section, err
	}
	worker := Upstream{"Connect " + kafka.DefaultVersion, strings.TrimPrefix(workers[0], "http://"), "/connectors"}
	for _, upstream := range []Upstream{tiny, worker} {
		for _, withTLS := range []bool{false, true} {
			s.Say("%s, TLS: %v", upstream.Name, withTLS)
			table, err := compare(ctx, s, filepath.Join(built.KafkaConnect, "bin", "kafka-connect"), upstream, withTLS)
			if err != nil {
				return section, err
			}
			section.Tables = append(section.Tables, table)
		}
	}
	return section, nil
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
	return Upstream{"An upstream that answers at once", listener.Addr().String(), "/connectors/lines/status"}, func() { _ = server.Close() }, nil
}

// contender is something in front of an upstream, and what came of each round.
type contender struct {
	name                                     string
	load                                     Load
	pid                                      int // 0: its time is not measured
	throughput, median, slowest, computation report.Sample
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
		c.throughput = append(c.throughput, result.PerSecond())
		c.median = append(c.median, result.Latency(.5).Seconds())
		c.slowest = append(c.slowest, result.Latency(.99).Seconds())
		c.computation = append(c.computation, (after-before).Seconds()/float64(max(1, result.Requests)))
	}
	return err
}

func (c *contender) time() (time.Duration, error) {
	if c.pid == 0 {
		return 0, nil
	}
	return cpu(c.pid)
}

// account is the one client.
var account = gateway.Account{Username: "relation-1", Password: strings.Repeat("p", 32), Relation: 1}

// compare measures the upstream itself, the gateway, and nginx with each way to hash. The contenders take turns, so that whatever
// else happens on the machine happens to all of them.
func compare(ctx context.Context, s *Stage, program string, upstream Upstream, withTLS bool) (report.Table, error) {
	dir, err := os.MkdirTemp(s.Dir, "gateway")
	if err != nil {
		return report.Table{}, err
	}
	contenders, stop, err := contenders(ctx, dir, upstream, withTLS, options{
		program: program, connections: Pick(s, 2, 16), during: Pick(s, 50*time.Millisecond, 1500*time.Millisecond), onlyCheap: s.Quick,
	})
	defer stop()
	without := err
	if err != nil && !errors.Is(err, ErrNoNginx) {
		return report.Table{}, err
	}
	for round := range Pick(s, 1, 5) + 1 {
		for _, contender := range contenders {
			if err := contender.run(ctx, round > 0); err != nil { // the first one warms up
				return report.Table{}, err
			}
		}
	}
	return tableOf(upstream, withTLS, contenders, without), nil
}

// options are those of a comparison.
type options struct {
	program     string // kafka-connect of the charm
	connections int
	during      time.Duration // of one round
	onlyCheap   bool          // of Hashes, only the last
}

func contenders(ctx context.Context, dir string, upstream Upstream, withTLS bool, options options) (all []*contender, stop func(), err error) {
	var running []interface{ Stop() error }
	stop = func() {
		for _, one := range running {
			_ = one.Stop()
		}
	}
	load := Load{Path: upstream.Path, Username: account.Username, Password: account.Password, Connections: options.connections, For: options.during}
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
	ours, err := gateway.Start(ctx, options.program, dir, config, account)
	if err != nil {
		return nil, stop, err
	}
	running = append(running, ours)
	add("gateway", ours.Status.Listen, withTLS, ours.PID())

	for i, hash := range Hashes {
		if options.onlyCheap && i < len(Hashes)-1 {
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

// tableOf has throughput beside all; the rest beside the upstream itself and nginx at its cheapest.
func tableOf(upstream Upstream, withTLS bool, contenders []*contender, without error) report.Table {
	title := upstream.Name + ", without TLS"
	if withTLS {
		title = upstream.Name + ", with TLS"
	}
	table := report.Table{Title: title}
	ours := contenders[1]
	row := func(what string, peer *contender, unit report.Unit, of func(*contender) report.Sample) {
		table.Rows = append(table.Rows, report.Row{What: what, Ours: of(ours), Peer: of(peer), PeerName: peer.name, Unit: unit})
	}
	throughput := func(c *contender) report.Sample { return c.throughput }
	direct, others := contenders[0], contenders[2:]
	row("requests", direct, report.PerSecond, throughput)
	for _, peer := range others {
		row("requests", peer, report.PerSecond, throughput)
	}
	if len(others) == 0 {
		table.Rows = append(table.Rows, report.Row{What: "requests", Ours: ours.throughput, PeerName: "nginx", Unit: report.PerSecond, Note: without.Error()})
	}
	compared := []*contender{direct}
	if len(others) > 0 {
		compared = append(compared, others[len(others)-1])
	}
	for _, peer := range compared {
		row("a request, median", peer, report.Seconds, func(c *contender) report.Sample { return c.median })
		row("99 % of requests within", peer, report.Seconds, func(c *contender) report.Sample { return c.slowest })
		if peer != direct {
			row("CPU time of a request", peer, report.Seconds, func(c *contender) report.Sample { return c.computation })
		}
	}
	return table
}
