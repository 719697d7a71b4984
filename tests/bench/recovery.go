package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/tests/proxy"
)

// Refused has connectors created on a cluster that answers everything with 409, as in a rebalance, for some time from the
// first request on.
func (s Sync) Refused(ctx context.Context, endpoint string, number int, during time.Duration) error {
	fmt.Fprintf(s.Out, "%d connectors created while all is answered 409 for %s:\n\n| | applied | twice | requests | time |\n|---|--:|--:|--:|--:|\n", number, during)
	desired := s.wanted(number, connect.Stopped, "a")
	if err := s.refused(ctx, endpoint, during, "package connectors", func(through string) (time.Duration, error) {
		owned, done, err := ownedAt(through)
		if err != nil {
			return 0, err
		}
		defer done()
		return syncOnce(ctx, owned, desired)
	}); err != nil || s.Peer == nil {
		return err
	}
	err := s.refused(ctx, endpoint, during, "kafka-connect-py, each created", func(through string) (time.Duration, error) {
		result, err := s.Peer.run(ctx, peerTask{URL: through, Mode: "create", Config: s.config("a"), Names: full(names(number))})
		return result.took(), err
	})
	fmt.Fprintln(s.Out)
	return err
}

func (s Sync) refused(ctx context.Context, endpoint string, during time.Duration, who string, create func(through string) (time.Duration, error)) error {
	if _, err := s.Settle(ctx, endpoint, connectors.Desired{}); err != nil {
		return err
	}
	var first sync.Once
	var began time.Time
	through, err := proxy.Start([]string{endpoint}, proxy.Options{Refuse: func(proxy.Exchange) bool {
		first.Do(func() { began = time.Now() })
		return time.Since(began) < during
	}})
	if err != nil {
		return err
	}
	defer through.Close()
	took, err := create(through.Endpoints[0])
	if err != nil {
		return err
	}
	s.recoveryRow(who, through.Take(), took)
	return nil
}

// Killed has half of the connectors created and the other half changed, and kills a worker of the group in the middle.
func (s Sync) Killed(ctx context.Context, workers []string, number int, who string, kill func() error) error {
	half := s.wanted(number/2, connect.Stopped, "a")
	if _, err := s.Settle(ctx, workers[0], half); err != nil {
		return err
	}
	var once sync.Once
	var killed error
	through, err := proxy.Start(workers, proxy.Options{OnWrite: func(before int) {
		if before >= number/2 {
			once.Do(func() { killed = kill() })
		}
	}})
	if err != nil {
		return err
	}
	defer through.Close()
	owned, done, err := ownedAt(through.Endpoints...)
	if err != nil {
		return err
	}
	defer done()
	took, err := syncOnce(ctx, owned, s.wanted(number, connect.Stopped, "b"))
	s.recoveryRow(who, through.Take(), took)
	return errors.Join(err, killed)
}

// recoveryRow counts the connectors with one change, and with more.
func (s Sync) recoveryRow(who string, exchanges []proxy.Exchange, took time.Duration) {
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
	fmt.Fprintf(s.Out, "| %s | %d | %d | %d | %s |\n", who, len(changes), twice, len(exchanges), short(took))
}
