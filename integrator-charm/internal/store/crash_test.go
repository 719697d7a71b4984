package store_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/store"
)

// writerVariable makes this program the one that is killed: it names the store that it writes to.
const writerVariable = "STORE_TEST_WRITER"

func TestMain(m *testing.M) {
	path := os.Getenv(writerVariable)
	if path == "" {
		os.Exit(m.Run())
	}
	if err := writeWithoutEnd(context.Background(), path, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// writeWithoutEnd writes a record of each kind, says so, and begins again. Documents are of all sizes, so that also the log's
// checkpoints meet the kill.
func writeWithoutEnd(ctx context.Context, path string, acknowledge io.Writer) error {
	s, err := store.Open(ctx, path, store.Options{})
	if err != nil {
		return err
	}
	runs, err := s.Runs(ctx, store.Page{Limit: 1})
	if err != nil {
		return err
	}
	next := 0
	if len(runs) > 0 {
		if _, err := fmt.Sscan(runs[0].Revision, &next); err != nil {
			return err
		}
	}
	for {
		next++
		if err := writeOne(ctx, s, next); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(acknowledge, next); err != nil {
			return err
		}
	}
}

func writeOne(ctx context.Context, s *store.Store, n int) error {
	name := fmt.Sprint(n)
	text, err := json.Marshal(string(make([]byte, n%40*100)))
	if err != nil {
		return err
	}
	if _, err := s.AddRun(ctx, store.Run{Cluster: "east", Revision: name, Summary: text}); err != nil {
		return err
	}
	if err := s.SaveRestarts(ctx, "east", []store.Restart{{Connector: "a", Attempts: n}}, nil); err != nil {
		return err
	}
	if err := s.SaveEvents(ctx, []store.Event{{ID: name, Receiver: "mail", Document: text}}, nil, nil); err != nil {
		return err
	}
	events, err := s.Events(ctx)
	if err != nil {
		return err
	}
	if err := s.Enqueue(ctx, store.Delivery{ID: name, Receiver: "mail", Document: text}, events); err != nil {
		return err
	}
	if _, err := s.SaveConnection(ctx, store.Connection{ID: "a", By: name, Spec: text}); err != nil {
		return err
	}
	_, err = s.ChangePlans(ctx, "east", func(open []store.Plan) ([]store.Plan, error) {
		for i := range open {
			open[i].Open = false
			open[i].Approvals = append(open[i].Approvals, store.Approval{Who: name})
		}
		return append(open, store.Plan{Digest: name, Open: true}), nil
	})
	return err
}

const (
	desks = 4 // stores, each with its own writer
	kills = 50
	page  = 1000 // the most that the store gives at once
)

func TestNothingAcknowledgedIsLostByKill(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	for desk := range desks {
		t.Run(fmt.Sprint(desk), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, uint64(desk)))
			dir, path, total := t.TempDir(), "", 0
			for kill := range kills {
				if kill%10 == 0 { // so that the kill meets a store that is being made, too
					path = filepath.Join(dir, fmt.Sprintf("%d.db", kill))
				}
				acknowledged := killedWriter(t, path, random)
				requireAll(t, path, acknowledged)
				total += len(acknowledged)
			}
			t.Logf("%d records of each kind were acknowledged over %d kills", total, kills)
			require.Positive(t, total)
		})
	}
}

// killedWriter starts a process that writes, kills it at some moment, also in its start, and gives what it acknowledged.
func killedWriter(t *testing.T, path string, random *rand.Rand) (acknowledged []int) {
	t.Helper()
	writer := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	writer.Env = append(os.Environ(), writerVariable+"="+path)
	writer.Stderr = os.Stderr
	said, err := writer.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, writer.Start())
	lines := bufio.NewScanner(said)
	if random.IntN(10) > 0 && lines.Scan() { // else it is killed in its start
		acknowledged = append(acknowledged, number(t, lines.Text()))
	}
	time.AfterFunc(time.Duration(random.IntN(50_000))*time.Microsecond, func() { assert.NoError(t, writer.Process.Kill()) })
	for lines.Scan() {
		acknowledged = append(acknowledged, number(t, lines.Text()))
	}
	require.Error(t, writer.Wait(), "it ends only by the kill")
	return acknowledged
}

func number(t *testing.T, line string) (n int) {
	t.Helper()
	_, err := fmt.Sscan(line, &n)
	require.NoError(t, err)
	return n
}

// requireAll opens the store, which checks its integrity, and looks for all that was acknowledged.
func requireAll(t *testing.T, path string, acknowledged []int) {
	t.Helper()
	s, err := store.Open(t.Context(), path, store.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	if len(acknowledged) == 0 {
		return
	}
	last := acknowledged[len(acknowledged)-1]
	runs, err := s.Runs(t.Context(), store.Page{Limit: page})
	require.NoError(t, err)
	newest := number(t, runs[0].Revision)
	require.GreaterOrEqual(t, newest, last)
	for i, run := range runs {
		require.Equal(t, fmt.Sprint(newest-i), run.Revision, "no run is missing")
	}
	restarts, err := s.Restarts(t.Context(), "east")
	require.NoError(t, err)
	require.GreaterOrEqual(t, restarts[0].Attempts, last)
	connections, err := s.Connections(t.Context())
	require.NoError(t, err)
	require.GreaterOrEqual(t, number(t, connections[0].By), last)
	requireOutbox(t, s, acknowledged)
	requirePlans(t, s, last)
}

// requireOutbox: each event is on its way, once.
func requireOutbox(t *testing.T, s *store.Store, acknowledged []int) {
	t.Helper()
	deliveries, err := s.Deliveries(t.Context(), store.Page{Limit: page})
	require.NoError(t, err)
	found := map[string]bool{}
	for _, delivery := range deliveries {
		require.False(t, found[delivery.ID])
		found[delivery.ID] = true
	}
	for _, n := range acknowledged[max(0, len(acknowledged)-page+1):] { // one more may be there that was not acknowledged
		require.True(t, found[fmt.Sprint(n)], "delivery %d", n)
	}
	events, err := s.Events(t.Context())
	require.NoError(t, err)
	for _, event := range events {
		require.False(t, found[event.ID], "an event that waits is in no delivery")
	}
}

// requirePlans: one plan waits, and each before it was approved.
func requirePlans(t *testing.T, s *store.Store, last int) {
	t.Helper()
	plans, err := s.Plans(t.Context(), store.Page{Limit: 10})
	require.NoError(t, err)
	require.GreaterOrEqual(t, number(t, plans[0].Digest), last)
	for i, plan := range plans {
		require.Equal(t, i == 0, plan.Open)
		require.Equal(t, i > 0, len(plan.Approvals) == 1)
	}
}
