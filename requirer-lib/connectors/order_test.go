package connectors_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
)

// TestWhatGoesOrRestsComesBeforeWhatIsNewOrGoes: a connector under another name shall not run twice.
func TestWhatGoesOrRestsComesBeforeWhatIsNewOrGoes(t *testing.T) {
	t.Parallel()
	cluster, owned := newMarked(t)
	for _, name := range []string{"b", "c", "d", "z"} {
		cluster.put(name, withMarks(config("x"), "connect.manager", "payments"))
	}
	cluster.setState("b", paused)
	cluster.takeRequests()
	reconcile(t, owned, connectors.Desired{
		"a": {Config: config("x")}, "b": {Config: config("x")}, "c": {Config: config("y")}, "d": {Config: config("x"), State: stopped},
	}, connectors.Options{AtOnce: 1, Wait: -1})
	assert.Equal(t, []string{"PUT d/stop", "DELETE z", "PUT c/config", "POST a", "PUT b/resume"}, cluster.takeWrites())
}

func TestProgressIsToldForEachChange(t *testing.T) {
	t.Parallel()
	cluster, owned := newMarked(t)
	cluster.Refuse("c1", 400, "bad")
	cluster.put("same", withMarks(config("x"), "connect.manager", "payments"))
	desired := connectors.Desired{"same": {Config: config("x")}, "no/name": {}}
	for i := range 9 {
		desired[fmt.Sprintf("c%d", i)] = connectors.Connector{Config: config("x")}
	}
	var told [][2]int
	reconcile(t, owned, desired, connectors.Options{Wait: -1, Progress: func(done, total int) { told = append(told, [2]int{done, total}) }})
	require.Len(t, told, 9, "of those that are changed, and whatever came of it")
	for i, one := range told {
		assert.Equal(t, [2]int{i + 1, 9}, one)
	}
}

// TestConnectorsThatCannotBeChangedLeaveTimeToTheOthers: as many as are changed at a time are in a rebalance that has no
// end.
func TestConnectorsThatCannotBeChangedLeaveTimeToTheOthers(t *testing.T) {
	t.Parallel()
	cluster, owned := newMarked(t)
	desired := connectors.Desired{}
	for _, name := range []string{"a", "b", "y", "z"} {
		desired[name] = connectors.Connector{Config: config("x")}
	}
	for _, stuck := range []string{"a", "b"} {
		cluster.Refuse(stuck, http.StatusConflict, "Cannot complete request momentarily due to stale configuration")
	}
	var waits atomic.Int64
	owned.Client = newClient(t, connect.Config{
		Endpoints: []string{cluster.endpoint}, Patience: time.Hour,
		Backoff: func(int) time.Duration { return 3 * time.Minute },
		Wait:    func(context.Context, time.Duration) error { waits.Add(1); return context.DeadlineExceeded },
	})
	report := reconcile(t, owned, desired, connectors.Options{AtOnce: 2, Patience: 5 * time.Minute})
	assert.Equal(t, []string{"a", "b"}, report.Summary().Failed)
	assert.Equal(t, []string{"y", "z"}, report.Summary().Added)
	assert.Zero(t, waits.Load(), "each has half of the time, and to wait would take more")
}

// TestALookMayTakeHalfOfTheTime: a rebalance of some seconds, in which a listing is refused as well, is waited out. The clock
// is the test's own.
func TestALookMayTakeHalfOfTheTime(t *testing.T) {
	t.Parallel()
	for wait, isWaited := range map[time.Duration]bool{4 * time.Minute: true, 5 * time.Minute: false} {
		t.Run(wait.String(), func(t *testing.T) {
			t.Parallel()
			cluster, _ := newMarked(t)
			refusals := 1
			proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if refusals--; refusals >= 0 {
					w.WriteHeader(http.StatusConflict)
					return
				}
				cluster.ServeHTTP(w, r)
			}))
			t.Cleanup(proxy.Close)
			client := newClient(t, connect.Config{
				Endpoints: []string{proxy.URL}, Patience: time.Hour,
				Backoff: func(int) time.Duration { return wait },
				Wait:    func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
			})
			report := reconcile(t, connectors.Owned{Client: client, Mark: "payments"}, connectors.Desired{}, connectors.Options{Patience: 10 * time.Minute})
			assert.Equal(t, isWaited, report.Problem == nil, report.Problem)
		})
	}
}

// TestChangesAreMadeAFewAtATime holds each creation up until three have come.
func TestChangesAreMadeAFewAtATime(t *testing.T) {
	t.Parallel()
	const atOnce = 3
	cluster, _ := newCluster(t)
	var mu sync.Mutex
	arrived, underWay, most, gate := 0, 0, 0, make(chan struct{})
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			mu.Lock()
			arrived++
			underWay++
			most = max(most, underWay)
			mine := gate
			if arrived%atOnce == 0 {
				close(gate)
				gate = make(chan struct{})
			}
			mu.Unlock()
			<-mine
			mu.Lock()
			underWay--
			mu.Unlock()
		}
		cluster.ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	desired := connectors.Desired{}
	for i := range 9 * atOnce {
		desired[fmt.Sprintf("c%d", i)] = connectors.Connector{Config: config("x")}
	}
	report := reconcile(t, ownedAt(t, proxy.URL), desired, connectors.Options{AtOnce: atOnce, Wait: -1})
	require.NoError(t, report.Err())
	assert.Equal(t, atOnce, most)
}

// TestThousandsThatAreAsDesiredCostOneRequest and no write.
func TestThousandsThatAreAsDesiredCostOneRequest(t *testing.T) {
	t.Parallel()
	cluster, owned := newMarked(t)
	desired := connectors.Desired{}
	for i := range 2000 {
		desired[fmt.Sprintf("c%d", i)] = connectors.Connector{Config: config("x"), State: stopped}
	}
	require.NoError(t, reconcile(t, owned, desired, connectors.Options{Wait: -1}).Err())
	assert.Len(t, cluster.takeWrites(), 2000)
	report := reconcile(t, owned, desired, connectors.Options{})
	assert.Equal(t, "GET", strings.Join(cluster.takeRequests(), " "))
	assert.Len(t, report.Summary().Unchanged, 2000)
}
