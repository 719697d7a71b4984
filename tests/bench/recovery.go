package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/tests/bench/report"
	"connectcharms/tests/kafka"
	"connectcharms/tests/proxy"
)

// Recoveries measures syncs of a cluster that refuses all for a while, and of one that loses a worker.
func Recoveries(ctx context.Context, s *Stage) (report.Section, error) {
	number := Pick(s, 4, 100)
	refused, notes, err := s.refused(ctx, number, Pick(s, 100*time.Millisecond, 8*time.Second))
	if err != nil {
		return report.Section{}, err
	}
	killed, err := s.killed(ctx, number)
	return report.Section{
		Title: "Syncs of a cluster in trouble", Question: "What becomes of a sync when the cluster rebalances, or loses a worker in the middle?",
		Tables: []report.Table{refused, killed}, Notes: notes,
	}, err
}

// refused has connectors created on a cluster that answers everything with 409, as in a rebalance, for some time from the
// first request on.
func (s *Stage) refused(ctx context.Context, number int, during time.Duration) (report.Table, []string, error) {
	worker, err := s.Worker(ctx, kafka.WorkerOptions{})
	if err != nil {
		return report.Table{}, nil, err
	}
	on, err := s.syncing(ctx, worker.URL())
	if err != nil {
		return report.Table{}, nil, err
	}
	ours, became, err := on.through(ctx, during, func(through string) (time.Duration, error) {
		owned, done, err := ownedAt(through)
		if err != nil {
			return 0, err
		}
		defer done()
		return syncOnce(ctx, owned, on.wanted(number, connect.Stopped, "a"))
	})
	row := report.Row{What: "package connectors", Ours: ours, Unit: report.Seconds, Note: became}
	if err == nil && on.peer != nil {
		var took report.Sample
		took, became, err = on.through(ctx, during, func(through string) (time.Duration, error) {
			result, err := on.peer.run(ctx, peerTask{URL: through, Mode: "create", Config: on.with("a"), Names: full(names(number))})
			return result.took(), err
		})
		row.Note += "; by kafka-connect-py, each created: " + became + ", in " + took.Text(report.Seconds)
	}
	return report.Table{
		Title: fmt.Sprintf("%d connectors created while all is answered 409 for %s", number, during), Rows: []report.Row{row},
		Method: "Until the call ends, whatever came of it. There is no ratio: who does not wait is done sooner, and has left connectors out.",
	}, on.notes, errors.Join(err, worker.Stop())
}

// through has something create connectors while all is refused, and says what became of that.
func (on *syncing) through(ctx context.Context, during time.Duration, create func(through string) (time.Duration, error)) (report.Sample, string, error) {
	if err := on.settle(ctx, connectors.Desired{}); err != nil {
		return nil, "", err
	}
	var first sync.Once
	var began time.Time
	through, err := proxy.Start([]string{on.endpoint}, proxy.Options{Instead: func(proxy.Exchange) proxy.Answer {
		first.Do(func() { began = time.Now() })
		if time.Since(began) < during {
			return proxy.Rebalancing
		}
		return nil
	}})
	if err != nil {
		return nil, "", err
	}
	defer through.Close()
	took, err := create(through.Endpoints[0])
	return report.Times(took), applied(through.Take()), errors.Join(err, on.settle(ctx, connectors.Desired{}))
}

// killed has half of the connectors created and the other half changed, and kills a worker of two in the middle: the one that
// was first, and then the other.
func (s *Stage) killed(ctx context.Context, number int) (report.Table, error) {
	table := report.Table{
		Title:  fmt.Sprintf("%d connectors, half of them created, half changed, and a worker of two killed in the middle", number),
		Method: "No peer: those that were tried end at the first connection that breaks.",
	}
	for killed, which := range []string{"the first worker killed", "the second worker killed"}[:Pick(s, 1, 2)] {
		took, became, err := s.killOne(ctx, number, killed)
		if err != nil {
			return table, err
		}
		table.Rows = append(table.Rows, report.Row{What: "package connectors, " + which, Ours: took, Unit: report.Seconds, Note: became})
	}
	return table, nil
}

func (s *Stage) killOne(ctx context.Context, number, which int) (report.Sample, string, error) {
	var workers []*kafka.Worker
	var urls []string
	for range 2 {
		worker, err := s.Worker(ctx, kafka.WorkerOptions{Group: fmt.Sprintf("killed-%d", which)})
		if err != nil {
			return nil, "", err
		}
		workers, urls = append(workers, worker), append(urls, worker.URL())
	}
	on, err := s.syncing(ctx, urls[0])
	if err != nil {
		return nil, "", err
	}
	if err := on.settle(ctx, on.wanted(number/2, connect.Stopped, "a")); err != nil {
		return nil, "", err
	}
	var once sync.Once
	var killed error
	through, err := proxy.Start(urls, proxy.Options{OnWrite: func(before int) {
		if before >= number/2 {
			once.Do(func() { killed = workers[which].Kill() })
		}
	}})
	if err != nil {
		return nil, "", err
	}
	defer through.Close()
	owned, done, err := ownedAt(through.Endpoints...)
	if err != nil {
		return nil, "", err
	}
	defer done()
	took, err := syncOnce(ctx, owned, on.wanted(number, connect.Stopped, "b"))
	return report.Times(took), applied(through.Take()), errors.Join(err, killed, workers[1-which].Stop())
}

// applied counts the connectors with one change, and with more.
func applied(exchanges []proxy.Exchange) string {
	changes := map[string]int{}
	for _, exchange := range exchanges {
		if exchange.IsAccepted() {
			changes[exchange.Connector]++
		}
	}
	twice := 0
	for _, times := range changes {
		if times > 1 {
			twice++
		}
	}
	return fmt.Sprintf("%d applied, %d of them twice, %d requests", len(changes), twice, len(exchanges))
}
