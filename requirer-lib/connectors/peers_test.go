package connectors_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
)

// What other tools for connectors were seen to do wrong, each with what this package does. Others of their faults are
// tested elsewhere: a listing per connector (TestThousandsThatAreAsDesiredCostOneRequest), one that holds up the rest
// (TestConnectorsThatCannotBeChangedLeaveTimeToTheOthers), and secrets that are shown (TestNoSecretIsEverShown).

// TestTheNameThatKafkaConnectAddsIsNoDifference: connectctl writes every connector in every sync for it.
func TestTheNameThatKafkaConnectAddsIsNoDifference(t *testing.T) {
	t.Parallel()
	cluster, owned := newMarked(t)
	desired := connectors.Desired{"a": {Config: config("x")}}
	reconcile(t, owned, desired, connectors.Options{Wait: -1})
	require.Contains(t, cluster.Config("a"), "name")
	cluster.takeRequests()
	reconcile(t, owned, desired, connectors.Options{})
	assert.Equal(t, []string{"GET"}, cluster.takeRequests())
}

// TestWhatStaysFailedHoldsUpNothing: connectctl waits a minute for it, and then ends the sync.
func TestWhatStaysFailedHoldsUpNothing(t *testing.T) {
	t.Parallel()
	cluster, owned := newMarked(t)
	desired := connectors.Desired{"bad": {Config: config("x")}}
	reconcile(t, owned, desired, connectors.Options{Wait: -1})
	cluster.Fail("bad", "for good")
	cluster.set(func() { cluster.again["bad"] = "for good" })
	for i := range 10 {
		desired[fmt.Sprintf("good%d", i)] = connectors.Connector{Config: config("x")}
	}
	report := reconcile(t, owned, desired, connectors.Options{RestartFailed: true})
	assert.Len(t, report.Summary().Added, 10)
	assert.Equal(t, []string{"bad"}, report.Summary().Restarted)
	assert.False(t, report.Connectors[0].Pending, "and is known to have failed again")
}

// TestNothingIsLeftRunning: go-kafka-connect leaves a goroutine behind for each wait that runs out of time.
func TestNothingIsLeftRunning(t *testing.T) {
	cluster, owned := newMarked(t)
	cluster.lag = 1000
	before := runtime.NumGoroutine()
	for i := range 60 {
		desired := connectors.Desired{"a": {Config: config(fmt.Sprint(i))}}
		reconcile(t, owned, desired, connectors.Options{Wait: time.Millisecond})
	}
	owned.Client.Close()
	require.Eventually(t, func() bool { return runtime.NumGoroutine() < before+20 }, time.Minute, 10*time.Millisecond,
		"connections go, and nothing else has come")
}

// TestKeysOfBothSidesAreCompared: go-kafka-connect compares the cluster's only.
func TestKeysOfBothSidesAreCompared(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(map[string]string){
		"one more":                func(config map[string]string) { config["batch.size"] = "" },
		"one less":                func(config map[string]string) { delete(config, "file") },
		"one in place of another": func(config map[string]string) { delete(config, "file"); config["other"] = "x" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wanted := config("x")
			change(wanted)
			plan := decide(connectors.Desired{"a": {Config: wanted}}, map[string]connect.ListedConnector{"a" + ownMark: listed("x", running)}, connectors.Options{})
			require.Len(t, plan.Changes, 1)
			assert.Equal(t, []connectors.Action{connectors.Update}, plan.Changes[0].Actions)
		})
	}
}

// TestEveryStateWithAnyConfigurationLandsInOneCall: jikkou drops the state where the configuration changes too, and
// resumes a failed connector in every run, which does nothing.
func TestEveryStateWithAnyConfigurationLandsInOneCall(t *testing.T) {
	t.Parallel()
	states := []connect.State{running, paused, stopped}
	for _, from := range append(states, failed) {
		for _, to := range states {
			for _, with := range []string{"same", "other"} {
				t.Run(fmt.Sprint(from, to, with), func(t *testing.T) {
					t.Parallel()
					cluster, owned := newMarked(t)
					cluster.put("a", withMarks(config("same"), "connect.manager", "payments"))
					if from == failed {
						cluster.FailItself("a", "trace")
					} else {
						cluster.setState("a", from)
					}
					desired := connectors.Desired{"a": {Config: config(with), State: to}}
					require.NoError(t, reconcile(t, owned, desired, connectors.Options{RestartFailed: true, Wait: -1}).Err())
					status, err := cluster.direct.Status(t.Context(), "a")
					require.NoError(t, err)
					assert.Equal(t, to, status.Connector.State)
					assert.Equal(t, with, cluster.Config("a")["file"])
					plan, err := owned.Plan(t.Context(), desired, connectors.Options{RestartFailed: true})
					require.NoError(t, err)
					assert.Empty(t, plan.Changes)
				})
			}
		}
	}
}

// TestAListingThatIsHalfIsNoListing: jikkou takes a connector whose reading failed for one that is not there.
func TestAListingThatIsHalfIsNoListing(t *testing.T) {
	t.Parallel()
	cluster, _ := newMarked(t)
	cluster.put("a", withMarks(config("x"), "connect.manager", "payments"))
	for name, answer := range map[string]string{
		"an error": `{"error_code":500,"message":"no"}`, "broken off": `{"a":{"info":{"name":"a"`, "another thing": `<html>`, "an array": `["a"]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			writes := 0
			proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodGet {
					writes++
				}
				if strings.Contains(answer, "error_code") {
					w.WriteHeader(http.StatusInternalServerError)
				}
				_, _ = w.Write([]byte(answer))
			}))
			defer proxy.Close()
			owned := connectors.Owned{Client: clientOf(t, proxy.URL), Mark: "payments"}
			report := reconcile(t, owned, connectors.Desired{"a": {Config: config("x")}, "b": {Config: config("x")}}, connectors.Options{})
			require.Error(t, report.Problem)
			_, err := owned.Plan(t.Context(), connectors.Desired{}, connectors.Options{})
			require.Error(t, err)
			assert.Zero(t, writes)
		})
	}
}

// TestWhatIsGoneAlreadyIsGone: Mongey's deletion fails then.
func TestWhatIsGoneAlreadyIsGone(t *testing.T) {
	t.Parallel()
	cluster, owned := newMarked(t)
	cluster.put("a", withMarks(config("x"), "connect.manager", "payments"))
	cluster.set(func() { cluster.meanwhile = func() { cluster.delete("a") } })
	report := reconcile(t, owned, connectors.Desired{}, connectors.Options{})
	require.NoError(t, report.Err())
	assert.Empty(t, report.Summary().Removed, "somebody else has removed it")
}

// TestARebalanceIsToldFromANameThatIsTaken: both are 409, and Mongey looks for a word in the text, which may be anybody's.
func TestARebalanceIsToldFromANameThatIsTaken(t *testing.T) {
	t.Parallel()
	cluster, owned := newMarked(t)
	cluster.Refuse("a", 400, "409 rebalance is a bad value for a key")
	report := reconcile(t, owned, connectors.Desired{"a": {Config: config("x")}}, connectors.Options{Wait: -1})
	require.ErrorContains(t, report.Err(), "400")
	assert.NotErrorIs(t, report.Err(), connect.ErrRebalancing)
	assert.Len(t, cluster.takeWrites(), 1, "and is not waited out")

	cluster.Refuse("a", 0, "")
	cluster.set(func() {
		cluster.meanwhile = func() { cluster.put("a", withMarks(config("x"), "connect.manager", "payments")) }
	})
	require.NoError(t, reconcile(t, owned, connectors.Desired{"a": {Config: config("x")}}, connectors.Options{}).Err())
	assert.Equal(t, []string{"POST a"}, cluster.takeWrites(), "taken, and not asked for again")
}

// TestConnectorsThatOthersHaveMadeStay: Strimzi deletes what was made over REST. TestAfterACallThePlanIsEmpty has it for any
// cluster.
func TestConnectorsThatOthersHaveMadeStay(t *testing.T) {
	t.Parallel()
	cluster, owned := newMarked(t)
	cluster.put("made-by-hand", config("x"))
	cluster.takeRequests()
	report := reconcile(t, owned, connectors.Desired{}, connectors.Options{})
	assert.Equal(t, []string{"GET"}, cluster.takeRequests())
	assert.Empty(t, report.Connectors)
}

// TestAPauseThatAFailedConnectorTookShowsInTheEnd: Kafka Connect answers 202 to a pause of a FAILED connector, and shows
// nothing of it.
func TestAPauseThatAFailedConnectorTookShowsInTheEnd(t *testing.T) {
	t.Parallel()
	cluster, owned := newMarked(t)
	cluster.put("a", withMarks(config("x"), "connect.manager", "payments"))
	cluster.FailItself("a", "trace")
	cluster.setState("a", paused)
	desired := connectors.Desired{"a": {Config: config("x"), State: paused}}
	report := reconcile(t, owned, desired, connectors.Options{})
	assert.Equal(t, paused, one(t, report).Status.Connector.State)
	cluster.takeRequests()
	reconcile(t, owned, desired, connectors.Options{})
	assert.Equal(t, []string{"GET"}, cluster.takeRequests(), "not in every run")
}
