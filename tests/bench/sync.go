package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/tests/proxy"
)

// Sync measures package connectors beside others, on one cluster, and prints tables in Markdown.
type Sync struct {
	Out     io.Writer
	Config  connect.Settings // of every connector
	Program *Program         // nil: only the package is measured
	Peer    *Peer            // nil: no comparison with it
	Rounds  int
}

// mark ends the names of this owner's connectors.
const mark = "-bench"

const syncPatience = 20 * time.Minute

// sample are the times of the rounds of one thing.
type sample []time.Duration

func (s sample) median() time.Duration {
	sorted := slices.Sorted(slices.Values(s))
	return sorted[len(sorted)/2]
}

// shortest is the time of the round that whatever else happens on the machine has held up least.
func (s sample) shortest() time.Duration { return slices.Min(s) }

// String is the median, and between which two all were.
func (s sample) String() string {
	if len(s) == 1 {
		return short(s[0])
	}
	return fmt.Sprintf("%s (%s–%s)", short(s.median()), short(s.shortest()), short(slices.Max(s)))
}

func short(d time.Duration) string {
	if d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	return fmt.Sprintf("%.2fs", d.Seconds())
}

func ownedAt(endpoints ...string) (connectors.Owned, func(), error) {
	client, err := connect.New(connect.Config{Endpoints: endpoints, Patience: 5 * time.Minute})
	if err != nil {
		return connectors.Owned{}, nil, err
	}
	return connectors.Owned{Client: client, Names: connectors.Suffix(mark)}, client.Close, nil
}

// wanted are connectors in a state, with a topic, by which one wish is told from another.
func (s Sync) wanted(number int, state connect.State, topic string) connectors.Desired {
	desired := connectors.Desired{}
	for _, name := range names(number) {
		desired[name] = connectors.Connector{Config: s.config(topic), State: state}
	}
	return desired
}

func (s Sync) config(topic string) connect.Settings {
	config := connect.Settings{"topic": topic}
	for key, value := range s.Config {
		config[key] = cmp.Or(config[key], value)
	}
	return config
}

func names(number int) (all []string) {
	for i := range number {
		all = append(all, fmt.Sprintf("c%05d", i))
	}
	return all
}

func full(names []string) (all []string) {
	for _, name := range names {
		all = append(all, name+mark)
	}
	return all
}

// syncOnce is one call, which waits for nothing; what a cluster refuses is an error.
func syncOnce(ctx context.Context, owned connectors.Owned, desired connectors.Desired) (time.Duration, error) {
	began := time.Now()
	report, err := owned.Reconcile(ctx, desired, connectors.Options{Patience: syncPatience, Wait: -1})
	return time.Since(began), errors.Join(err, report.Err())
}

// Settle makes the connectors the wanted ones, and waits until they show so: nothing is under way then.
func (s Sync) Settle(ctx context.Context, endpoint string, desired connectors.Desired) (time.Duration, error) {
	owned, done, err := ownedAt(endpoint)
	if err != nil {
		return 0, err
	}
	defer done()
	began := time.Now()
	for {
		report, err := owned.Reconcile(ctx, desired, connectors.Options{Patience: syncPatience, Wait: syncPatience})
		if err := errors.Join(err, report.Err()); err != nil {
			return 0, err
		}
		if !report.IsChanged() {
			return time.Since(began), nil
		}
	}
}

// NoOp measures a sync that has nothing to do.
func (s Sync) NoOp(ctx context.Context, endpoint string, number int) error {
	desired := s.wanted(number, connect.Stopped, "a")
	took, err := s.Settle(ctx, endpoint, desired)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.Out, "Nothing to do, %d connectors (made in %s):\n\n| | requests | writes | time |\n|---|--:|--:|--:|\n", number, short(took))
	through, err := proxy.Start([]string{endpoint}, proxy.Options{})
	if err != nil {
		return err
	}
	defer through.Close()
	ours, done, err := ownedAt(through.Endpoints...)
	if err != nil {
		return err
	}
	defer done()
	var times sample
	for range s.Rounds {
		through.Take()
		took, err := syncOnce(ctx, ours, desired)
		if err != nil {
			return err
		}
		times = append(times, took)
	}
	s.noOpRow("package connectors", through.Take(), times)
	if err := s.noOpOfOthers(ctx, through, desired); err != nil {
		return err
	}
	fmt.Fprintln(s.Out)
	return nil
}

// noOpOfOthers is that of the whole program, which reads a file first, and of the peer in two ways.
func (s Sync) noOpOfOthers(ctx context.Context, through *proxy.Proxy, desired connectors.Desired) error {
	if s.Program != nil {
		var times sample
		for range s.Rounds {
			through.Take()
			took, _, err := s.Program.sync(ctx, through.Endpoints[0], desired)
			if err != nil {
				return err
			}
			times = append(times, took)
		}
		s.noOpRow("connect-manager sync, the whole process", through.Take(), times)
	}
	if s.Peer == nil {
		return nil
	}
	for _, mode := range []string{"compare", "put"} {
		result, err := s.Peer.run(ctx, peerTask{URL: through.Endpoints[0], Mode: mode, Config: s.config("a"), Names: full(names(len(desired)))})
		if err != nil {
			return err
		}
		s.noOpRow("kafka-connect-py, "+map[string]string{"compare": "each read and compared", "put": "each put"}[mode],
			through.Take(), sample{result.took()})
	}
	return nil
}

func (s Sync) noOpRow(who string, exchanges []proxy.Exchange, times sample) {
	writes := 0
	for _, exchange := range exchanges {
		if exchange.IsWrite() {
			writes++
		}
	}
	fmt.Fprintf(s.Out, "| %s | %d | %d | %s |\n", who, len(exchanges), writes, times)
}
