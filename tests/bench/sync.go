package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/tests/bench/report"
	"connectcharms/tests/kafka"
	"connectcharms/tests/proxy"
)

// Syncs measures package connectors, and the program around it, beside others, on a real worker.
func Syncs(ctx context.Context, s *Stage) (report.Section, error) {
	worker, err := s.Worker(ctx, kafka.WorkerOptions{})
	if err != nil {
		return report.Section{}, err
	}
	on, err := s.syncing(ctx, worker.URL())
	if err != nil {
		return report.Section{}, err
	}
	nothing, err := on.nothing(ctx, Pick(s, 3, 1000), Pick(s, 1, 5))
	if err != nil {
		return report.Section{}, err
	}
	stopped, err := on.changes(ctx, Pick(s, 3, 200), connect.Stopped, Pick(s, 1, 5))
	if err != nil {
		return report.Section{}, err
	}
	running, err := on.changes(ctx, Pick(s, 2, 50), connect.Running, Pick(s, 1, 4))
	return report.Section{
		Title: "Syncs", Question: "What does it cost to make connectors those of a file, and to find that they are?",
		Tables: []report.Table{nothing, stopped, running}, Notes: on.notes,
	}, err
}

// syncing is a cluster on which syncs are measured.
type syncing struct {
	endpoint string
	config   connect.Settings // of every connector
	program  Program
	peer     *Peer // nil: it cannot be had
	notes    []string
}

// syncing has all that is compared. Connectors read an empty file.
func (s *Stage) syncing(ctx context.Context, endpoint string) (*syncing, error) {
	lines := filepath.Join(s.Dir, "lines.txt")
	if err := os.WriteFile(lines, nil, 0o600); err != nil {
		return nil, err
	}
	program, err := s.Manager(ctx)
	if err != nil {
		return nil, err
	}
	on := &syncing{endpoint: endpoint, program: program, config: connect.Settings{
		"connector.class": fileSource, "tasks.max": "1", "topic": "a", "file": lines,
	}}
	if peer, err := FetchPeer(ctx); err == nil {
		on.peer = &peer
		s.Uses("kafka-connect-py", peerVersion())
	} else {
		on.notes = append(on.notes, fmt.Sprintf("There is no comparison with kafka-connect-py, which cannot be had here: %.300v", err))
	}
	return on, nil
}

// mark ends the names of this owner's connectors.
const mark = "-bench"

const syncPatience = 20 * time.Minute

func ownedAt(endpoints ...string) (connectors.Owned, func(), error) {
	client, err := connect.New(connect.Config{Endpoints: endpoints, Patience: 5 * time.Minute})
	if err != nil {
		return connectors.Owned{}, nil, err
	}
	return connectors.Owned{Client: client, Names: connectors.Suffix(mark)}, client.Close, nil
}

// wanted are connectors in a state, with a topic, by which one wish is told from another.
func (on *syncing) wanted(number int, state connect.State, topic string) connectors.Desired {
	desired := connectors.Desired{}
	for _, name := range names(number) {
		desired[name] = connectors.Connector{Config: on.with(topic), State: state}
	}
	return desired
}

func (on *syncing) with(topic string) connect.Settings {
	config := connect.Settings{"topic": topic}
	for key, value := range on.config {
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

// settle makes the connectors the wanted ones, and waits until they show so: nothing is under way then.
func (on *syncing) settle(ctx context.Context, desired connectors.Desired) error {
	owned, done, err := ownedAt(on.endpoint)
	if err != nil {
		return err
	}
	defer done()
	for {
		report, err := owned.Reconcile(ctx, desired, connectors.Options{Patience: syncPatience, Wait: syncPatience})
		if err := errors.Join(err, report.Err()); err != nil || !report.IsChanged() {
			return err
		}
	}
}

// nothing measures a sync that has nothing to do, in turns with the one request that shows all connectors.
func (on *syncing) nothing(ctx context.Context, number, rounds int) (report.Table, error) {
	desired := on.wanted(number, connect.Stopped, "a")
	if err := on.settle(ctx, desired); err != nil {
		return report.Table{}, err
	}
	through, err := proxy.Start([]string{on.endpoint}, proxy.Options{})
	if err != nil {
		return report.Table{}, err
	}
	defer through.Close()
	owned, done, err := ownedAt(through.Endpoints...)
	if err != nil {
		return report.Table{}, err
	}
	defer done()
	const ours, program, computed, listing = 0, 1, 2, 3
	var times [4]report.Sample
	var requests [2]string
	for range rounds {
		through.Take()
		took, err := syncOnce(ctx, owned, desired)
		if err != nil {
			return report.Table{}, err
		}
		times[ours], requests[ours] = append(times[ours], took.Seconds()), tally(through.Take())
		run, err := on.program.sync(ctx, through.Endpoints[0], desired)
		if err != nil {
			return report.Table{}, err
		}
		times[program], requests[program] = append(times[program], run.Wall.Seconds()), tally(through.Take())
		times[computed] = append(times[computed], run.CPU().Seconds())
		took, err = list(ctx, through.Endpoints[0])
		if err != nil {
			return report.Table{}, err
		}
		times[listing] = append(times[listing], took.Seconds())
	}
	bare := "the listing alone, thrown away"
	table := report.Table{
		Title: fmt.Sprintf("Nothing to do, %d connectors", number),
		Rows: []report.Row{
			{What: "package connectors", Ours: times[ours], Peer: times[listing], PeerName: bare, Unit: report.Seconds, Note: requests[ours]},
			{What: "`connect-manager sync`, the whole process", Ours: times[program], Peer: times[listing], PeerName: bare, Unit: report.Seconds, Note: requests[program]},
			{What: "CPU time of that process", Ours: times[computed], Unit: report.Seconds},
		},
		Method: "Stopped connectors on one real worker, through a proxy that counts. The program is started, reads its configuration and the file, and ends. The file was not changed just before: otherwise it waits 250 ms, and looks again.",
	}
	peers, err := on.nothingByPeer(ctx, through, times[ours], desired)
	table.Rows = append(table.Rows, peers...)
	return table, err
}

// nothingByPeer is that of the peer in two ways, once each: they take long.
func (on *syncing) nothingByPeer(ctx context.Context, through *proxy.Proxy, ours report.Sample, desired connectors.Desired) (rows []report.Row, err error) {
	if on.peer == nil {
		return nil, nil
	}
	for _, way := range []struct{ mode, name string }{
		{"compare", "kafka-connect-py, each read and compared"},
		{"put", "kafka-connect-py, each put"},
	} {
		through.Take()
		result, err := on.peer.run(ctx, peerTask{URL: through.Endpoints[0], Mode: way.mode, Config: on.with("a"), Names: full(names(len(desired)))})
		if err != nil {
			return nil, err
		}
		rows = append(rows, report.Row{
			What: "package connectors", Ours: ours, Peer: report.Times(result.took()), PeerName: way.name, Unit: report.Seconds,
			Note: "the peer's: " + tally(through.Take()),
		})
	}
	return rows, nil
}

// tally says how many requests there were.
func tally(exchanges []proxy.Exchange) string {
	writes := 0
	for _, exchange := range exchanges {
		if exchange.IsWrite() {
			writes++
		}
	}
	return fmt.Sprintf("%d request(s), %d write(s)", len(exchanges), writes)
}

// list asks for all connectors as package connectors does, and throws the answer away.
func list(ctx context.Context, endpoint string) (time.Duration, error) {
	began := time.Now()
	err := bare(ctx, http.DefaultClient, http.MethodGet, endpoint+"/connectors?expand=info&expand=status", nil)
	return time.Since(began), err
}
