package connectors_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/tests/kafka"
	"connectcharms/tests/proxy"
)

// watched are the connectors of one manager on a group of workers, with a proxy in front.
type watched struct {
	connectors.Owned
	*proxy.Proxy
	t   *testing.T
	dir string // for files of connectors
}

func watch(t *testing.T, g *group, options proxy.Options) *watched {
	t.Helper()
	var workers []string
	for _, worker := range g.workers {
		workers = append(workers, worker.URL())
	}
	through, err := proxy.Start(workers, options)
	require.NoError(t, err)
	t.Cleanup(through.Close)
	client, err := connect.New(connect.Config{Endpoints: through.Endpoints})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return &watched{Owned: connectors.Owned{Client: client, Mark: "payments"}, Proxy: through, t: t, dir: t.TempDir()}
}

// source reads a file that has some lines.
func (w *watched) source(name string, state connect.State) connectors.Connector {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	require.NoError(w.t, os.WriteFile(path, []byte("one\ntwo\nthree\n"), 0o600))
	return connectors.Connector{State: state, Config: connect.Settings{
		"connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector", "tasks.max": "1", "topic": "lines", "file": path,
	}}
}

func (w *watched) sync(desired connectors.Desired, options connectors.Options) connectors.Summary {
	w.t.Helper()
	options.Patience = cmp.Or(options.Patience, patience)
	report, err := w.Reconcile(w.t.Context(), desired, options)
	require.NoError(w.t, err)
	require.NoError(w.t, report.Err())
	return report.Summary()
}

// accepted are the changes that the cluster took, by connector.
func accepted(exchanges []proxy.Exchange) map[string][]string {
	changes := map[string][]string{}
	for _, one := range exchanges {
		if one.IsAccepted() {
			changes[one.Connector] = append(changes[one.Connector], strings.TrimSpace(one.Method+" "+one.Of))
		}
	}
	return changes
}

// TestConnectorsToldByAMark have a life, too: adopted, protected, begun somewhere, held, planned and applied, released.
func TestConnectorsToldByAMark(t *testing.T) {
	t.Parallel()
	for _, version := range []string{kafka.DefaultVersion, "3.9.1"} {
		t.Run(version, func(t *testing.T) {
			w := watch(t, startGroup(t, version, 1), proxy.Options{})
			for _, name := range []string{"nobodys", "theirs"} {
				_, err := w.Client.Create(t.Context(), name, w.source(name, "").Config, connect.InitialStopped)
				require.NoError(t, err)
			}
			offsets := []connect.Offset{{
				Partition: map[string]any{"filename": filepath.Join(w.dir, "begins")}, Offset: map[string]any{"position": json.Number("8")},
			}}
			begins := w.source("begins", "")
			begins.Offsets = offsets
			desired := connectors.Desired{"begins": begins, "nobodys": w.source("nobodys", connect.Stopped), "kept": w.source("kept", connect.Paused)}
			w.Take()

			plan, err := w.Plan(t.Context(), desired, connectors.Options{Adopt: []string{"nobodys"}})
			require.NoError(t, err)
			report, err := w.Apply(t.Context(), desired, plan, connectors.Options{Patience: patience, Wait: patience})
			require.NoError(t, err)
			require.NoError(t, report.Err())
			assert.Equal(t, []string{"begins", "kept"}, report.Summary().Added)
			assert.Equal(t, []string{"nobodys"}, report.Summary().Adopted)
			assert.Equal(t, map[string][]string{
				"begins": {"POST", "PATCH offsets", "PUT config", "PUT resume"}, "nobodys": {"PUT config"}, "kept": {"POST"},
			}, accepted(w.Take()))
			assert.Equal(t, "1 connector, 1 task running, 1 connector paused, 1 connector stopped", report.Status().Message)
			_, err = w.Apply(t.Context(), desired, plan, connectors.Options{})
			require.ErrorIs(t, err, connectors.ErrMoved)
			w.awaitPosition("begins", "14")

			w.Take()
			summary := w.sync(desired, connectors.Options{})
			assert.Len(t, summary.Unchanged, 3)
			assert.Len(t, w.Take(), 1, "one request")

			kept := desired["kept"]
			kept.Protected = true
			desired["kept"] = kept
			assert.Equal(t, []string{"kept"}, w.sync(desired, connectors.Options{}).Updated)
			report, err = w.Reconcile(t.Context(), connectors.Desired{}, connectors.Options{})
			require.NoError(t, err)
			require.ErrorIs(t, report.Err(), connectors.ErrProtected)
			assert.Equal(t, []string{"begins", "nobodys"}, report.Summary().Removed)

			require.NoError(t, w.Release(t.Context(), "kept").Err())
			w.sync(connectors.Desired{}, connectors.Options{})
			left, err := w.Client.Connectors(t.Context())
			require.NoError(t, err)
			assert.ElementsMatch(t, []string{"kept", "theirs"}, left)
			require.NoError(t, w.Adopt(t.Context(), "kept").Err())
			w.sync(connectors.Desired{}, connectors.Options{})
			left, err = w.Client.Connectors(t.Context())
			require.NoError(t, err)
			assert.Equal(t, []string{"theirs"}, left)
		})
	}
}

// awaitPosition waits until a source has read its file that far.
func (w *watched) awaitPosition(name, position string) {
	w.t.Helper()
	require.EventuallyWithT(w.t, func(c *assert.CollectT) {
		offsets, err := w.Client.Offsets(w.t.Context(), name)
		require.NoError(c, err)
		require.Len(c, offsets, 1)
		assert.Equal(c, json.Number(position), offsets[0].Offset["position"])
	}, patience, 50*time.Millisecond)
}

// TestAClusterThatRefusesForAWhileIsWaitedOut answers each connector's changes, and the listing, as in a rebalance for some
// times.
func TestAClusterThatRefusesForAWhileIsWaitedOut(t *testing.T) {
	t.Parallel()
	const times = 4
	var mu sync.Mutex
	refused := map[string]int{}
	w := watch(t, startGroup(t, "", 1), proxy.Options{Instead: func(exchange proxy.Exchange) proxy.Answer {
		mu.Lock()
		defer mu.Unlock()
		if refused[exchange.Connector]++; refused[exchange.Connector] <= times {
			return proxy.Rebalancing
		}
		return nil
	}})
	desired, want := connectors.Desired{}, map[string][]string{}
	for i := range 10 {
		name := fmt.Sprintf("c%d", i)
		desired[name], want[name] = w.source(name, connect.Stopped), []string{"POST"}
	}
	summary := w.sync(desired, connectors.Options{})
	assert.Len(t, summary.Added, 10)
	assert.Equal(t, want, accepted(w.Take()), "all of them, and nothing twice")
}

// TestAWorkerThatIsKilledInMidSyncIsOutlived: the other one of two goes on, and makes no change that was made.
func TestAWorkerThatIsKilledInMidSyncIsOutlived(t *testing.T) {
	t.Parallel()
	for _, killed := range []int{0, 1} { // one of them leads
		t.Run(fmt.Sprint(killed), func(t *testing.T) {
			t.Parallel()
			g := startGroup(t, "", 2)
			var once sync.Once
			w := watch(t, g, proxy.Options{OnWrite: func(before int) {
				if before == 12 {
					once.Do(func() { assert.NoError(t, g.workers[killed].Kill()) })
				}
			}})
			desired := connectors.Desired{}
			for i := range 12 {
				name := fmt.Sprintf("old%02d", i)
				desired[name] = w.source(name, connect.Stopped)
			}
			watch(t, g, proxy.Options{}).sync(desired, connectors.Options{})
			for i := range 12 {
				desired[fmt.Sprintf("old%02d", i)].Config["batch.size"] = "7"
				name := fmt.Sprintf("new%02d", i)
				desired[name] = w.source(name, connect.Stopped)
			}
			for range 3 { // a call may end before the group has noticed
				report, err := w.Reconcile(t.Context(), desired, connectors.Options{Patience: patience})
				require.NoError(t, err)
				if report.Err() == nil {
					break
				}
				t.Log(report.Err())
			}
			there, err := w.Observe(t.Context())
			require.NoError(t, err)
			assert.Empty(t, w.Decide(desired, there, connectors.Options{}).Changes)
			for name, changes := range accepted(w.Take()) {
				assert.Len(t, changes, 1, "%s: %v", name, changes)
			}
		})
	}
}
