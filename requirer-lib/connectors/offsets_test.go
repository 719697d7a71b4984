package connectors_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
)

// beginning is a connector that begins somewhere.
func beginning(state connect.State) connectors.Desired {
	return connectors.Desired{"a": {Config: config("x"), State: state, Offsets: someOffsets}}
}

func TestAConnectorBeginsWhereItIsSaid(t *testing.T) {
	t.Parallel()
	for state, move := range map[connect.State][]string{running: {"PUT a/resume"}, paused: {"PUT a/pause"}, stopped: nil} {
		t.Run(string(state), func(t *testing.T) {
			t.Parallel()
			cluster, owned := newMarked(t)
			report := reconcile(t, owned, beginning(state), connectors.Options{Wait: -1})
			require.NoError(t, report.Err())
			assert.Equal(t, append([]string{"POST a", "PATCH a/offsets", "PUT a/config"}, move...), cluster.takeWrites())
			assert.Equal(t, someOffsets, cluster.Offsets("a"))
			assert.Equal(t, []string{"a"}, report.Summary().Added)
			assert.Empty(t, report.Summary().Resumed, "it is new, and nothing else")
			assert.NotContains(t, cluster.Config("a"), "connect.manager.offsets")

			reconcile(t, owned, beginning(state), connectors.Options{Wait: -1})
			assert.Empty(t, cluster.takeWrites())
			reconcile(t, owned, connectors.Desired{"a": {Config: config("x"), State: state, Offsets: append(someOffsets, someOffsets...)}}, connectors.Options{Wait: -1})
			assert.Empty(t, cluster.takeWrites(), "one that is there goes on from where it is")
		})
	}
}

func TestAPlanIsOfWhereItsConnectorsBegin(t *testing.T) {
	t.Parallel()
	_, owned := newMarked(t)
	plan, err := owned.Plan(t.Context(), beginning(running), connectors.Options{})
	require.NoError(t, err)
	require.Len(t, plan.Changes, 1)
	assert.Equal(t, someOffsets, plan.Changes[0].Offsets)
	text, err := json.Marshal(plan)
	require.NoError(t, err)
	var saved connectors.Plan
	require.NoError(t, json.Unmarshal(text, &saved))

	elsewhere := connectors.Desired{"a": {Config: config("x"), Offsets: []connect.Offset{connect.SinkOffset("t", 0, 7)}}}
	_, err = owned.Apply(t.Context(), elsewhere, saved, connectors.Options{Wait: -1})
	require.ErrorIs(t, err, connectors.ErrMoved)
	_, err = owned.Apply(t.Context(), beginning(running), saved, connectors.Options{Wait: -1})
	require.NoError(t, err)
}

// TestAnInterruptedBeginningIsCompleted breaks off each of the requests that make a connector with offsets.
func TestAnInterruptedBeginningIsCompleted(t *testing.T) {
	t.Parallel()
	for _, isLost := range []bool{true, false} {
		for at := range 4 {
			t.Run(fmt.Sprint(at, isLost), func(t *testing.T) {
				t.Parallel()
				cluster, owned := newMarked(t)
				ctx, end := context.WithCancel(t.Context())
				defer end()
				var writes atomic.Int64
				proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					isLast := r.Method != http.MethodGet && writes.Add(1) == int64(at+1)
					if isLast && isLost {
						end()
						panic(http.ErrAbortHandler)
					}
					cluster.ServeHTTP(w, r)
					if isLast {
						end()
					}
				}))
				defer proxy.Close()
				through := owned
				through.Client = clientOf(t, proxy.URL)
				_, err := through.Reconcile(ctx, beginning(running), connectors.Options{})
				require.NoError(t, err)
				proxy.Close()
				if at < 3 && len(cluster.Connectors()) > 0 {
					status, err := cluster.direct.Status(t.Context(), "a")
					require.NoError(t, err)
					require.Equal(t, stopped, status.Connector.State, "it never runs from elsewhere")
				}
				require.NoError(t, reconcile(t, owned, beginning(running), connectors.Options{Wait: -1}).Err())
				assert.Equal(t, someOffsets, cluster.Offsets("a"))
				there, err := owned.Observe(t.Context())
				require.NoError(t, err)
				assert.Empty(t, owned.Decide(beginning(running), there, connectors.Options{}).Changes)
			})
		}
	}
}

func TestOffsetsAreSetAlsoWhereSomebodyHasSetItGoing(t *testing.T) {
	t.Parallel()
	cluster, owned := newMarked(t)
	cluster.put("a", withMarks(config("old"), "connect.manager", "payments", "connect.manager.offsets", "pending"))
	cluster.takeRequests()
	report := reconcile(t, owned, beginning(running), connectors.Options{Wait: -1})
	require.NoError(t, report.Err())
	assert.Equal(t, []string{"PUT a/stop", "PATCH a/offsets", "PUT a/config", "PUT a/resume"}, cluster.takeWrites())
	assert.Equal(t, someOffsets, cluster.Offsets("a"))
	assert.Equal(t, "x", cluster.Config("a")["file"])
}

func TestOffsetsThatAreNoLongerMeantAreNotWaitedFor(t *testing.T) {
	t.Parallel()
	cluster, owned := newMarked(t)
	cluster.put("a", withMarks(config("x"), "connect.manager", "payments", "connect.manager.offsets", "pending"))
	cluster.setState("a", stopped)
	cluster.takeRequests()
	reconcile(t, owned, connectors.Desired{"a": {Config: config("x")}}, connectors.Options{Wait: -1})
	assert.Equal(t, []string{"PUT a/config", "PUT a/resume"}, cluster.takeWrites())
	assert.Empty(t, cluster.Offsets("a"))
}

func TestOffsetsThatAreRefusedLeaveItStopped(t *testing.T) {
	t.Parallel()
	cluster, owned := newMarked(t)
	cluster.set(func() {
		cluster.meanwhile = func() {
			cluster.set(func() { cluster.meanwhile = func() { cluster.Refuse("a", 400, "no such partition") } })
		}
	})
	report := reconcile(t, owned, beginning(running), connectors.Options{})
	require.ErrorContains(t, report.Err(), "connector a: set-offsets: PATCH /connectors/a/offsets: 400")
	assert.Equal(t, []string{"a"}, report.Summary().Added)
	assert.Equal(t, []string{"a"}, report.Summary().Failed)
	assert.Equal(t, stopped, one(t, report).Status.Connector.State)
}
