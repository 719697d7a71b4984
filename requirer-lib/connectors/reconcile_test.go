package connectors_test

import (
	"cmp"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/hook"
)

// one is a report's only connector.
func one(t *testing.T, report connectors.Report) connectors.Result {
	t.Helper()
	require.Len(t, report.Connectors, 1)
	return report.Connectors[0]
}

// reconcile has more time than a call as a rule: the machine may have much else to do.
func reconcile(t *testing.T, owned connectors.Owned, desired connectors.Desired, options connectors.Options) connectors.Report {
	t.Helper()
	options.Patience, options.Wait = cmp.Or(options.Patience, 5*time.Minute), cmp.Or(options.Wait, time.Minute)
	report, err := owned.Reconcile(t.Context(), desired, options)
	require.NoError(t, err)
	return report
}

func TestNilIsTakenForASlipAndEmptyDeletesAll(t *testing.T) {
	t.Parallel()
	cluster, owned := newCluster(t)
	cluster.put("a"+ownMark, config("x"))
	cluster.put("a_r10_"+uuid, config("x"))
	_, err := owned.Reconcile(t.Context(), nil, connectors.Options{})
	require.ErrorContains(t, err, "nil")
	assert.Empty(t, cluster.takeRequests())

	report := reconcile(t, owned, connectors.Desired{}, connectors.Options{})
	assert.Equal(t, connectors.Result{Name: "a", Done: []connectors.Action{connectors.Delete}, Reason: "not desired any more"}, one(t, report))
	assert.Equal(t, []string{"a_r10_" + uuid}, cluster.Connectors())
	assert.Equal(t, hook.Status{Name: hook.Active, Message: "no connectors configured"}, report.Status())
}

func TestKeepLeavesWhatTheCharmDrivesItself(t *testing.T) {
	t.Parallel()
	cluster, owned := newCluster(t)
	cluster.put("own"+ownMark, config("x"))
	cluster.Fail("own"+ownMark, "of no interest here")
	report := reconcile(t, owned, connectors.Desired{"a": {Config: config("x")}}, connectors.Options{Keep: true})
	assert.Equal(t, []string{"a" + ownMark, "own" + ownMark}, cluster.Connectors())
	assert.Equal(t, "1 connector, 1 task running", report.Status().Message)
	assert.Len(t, report.Connectors, 2, "it is reported all the same")
}

func TestConnectorsAreMadeInTheirState(t *testing.T) {
	t.Parallel()
	desired := connectors.Desired{
		"runs": {Config: config("x")}, "rests": {Config: config("x"), State: paused}, "sleeps": {Config: config("x"), State: stopped},
	}
	cluster, owned := newCluster(t)
	report := reconcile(t, owned, desired, connectors.Options{})
	assert.ElementsMatch(t, []string{"POST runs" + ownMark, "POST rests" + ownMark, "POST sleeps" + ownMark}, cluster.takeWrites())
	assert.Equal(t, hook.Status{
		Name: hook.Active, Message: "1 connector, 1 task running, 1 connector paused, 1 connector stopped",
	}, report.Status())

	old, owned := newCluster(t)
	old.isOld = true
	report = reconcile(t, owned, desired, connectors.Options{})
	require.NoError(t, report.Err())
	assert.Contains(t, report.Status().Message, "1 connector paused, 1 connector stopped")
	assert.Contains(t, old.takeWrites(), "PUT rests"+ownMark+"/pause")
}

func TestAChangeOfConfigurationAndOfStateBothLand(t *testing.T) {
	t.Parallel()
	cluster, owned := newCluster(t)
	cluster.put("a"+ownMark, config("x"))
	report := reconcile(t, owned, connectors.Desired{"a": {Config: config("y"), State: paused}}, connectors.Options{})
	assert.Equal(t, []string{"PUT a" + ownMark + "/pause", "PUT a" + ownMark + "/config"}, cluster.takeWrites())
	assert.Equal(t, []connectors.Action{connectors.Pause, connectors.Update}, one(t, report).Done)
	assert.Equal(t, []connectors.KeyChange{changed("file", "x", "y")}, one(t, report).Keys)
	assert.Equal(t, "y", cluster.Config("a" + ownMark)["file"])
	assert.Equal(t, "1 connector paused", report.Status().Message)
}

func TestWhatWasDeletedOrPausedByHandIsMadeGood(t *testing.T) {
	t.Parallel()
	cluster, owned := newCluster(t)
	desired := connectors.Desired{"a": {Config: config("x")}, "b": {Config: config("x")}}
	reconcile(t, owned, desired, connectors.Options{})
	cluster.takeWrites()
	cluster.delete("a" + ownMark)
	cluster.setState("b"+ownMark, paused)
	report := reconcile(t, owned, desired, connectors.Options{})
	assert.ElementsMatch(t, []string{"POST a" + ownMark, "PUT b" + ownMark + "/resume"}, cluster.takeWrites())
	assert.Equal(t, hook.Active, report.Status().Name)
}

func TestTwoLeadersDoNoHarm(t *testing.T) {
	t.Parallel()
	cluster, owned := newCluster(t)
	cluster.meanwhile = func() { cluster.put("a"+ownMark, config("older")) }
	report := reconcile(t, owned, connectors.Desired{"a": {Config: config("x")}}, connectors.Options{})
	require.NoError(t, report.Err())
	assert.Equal(t, []connectors.Action{connectors.Update}, one(t, report).Done, "what the other has made is given the configuration")
	assert.Equal(t, "x", cluster.Config("a" + ownMark)["file"])

	cluster.set(func() { cluster.meanwhile = func() { cluster.delete("a" + ownMark) } })
	report = reconcile(t, owned, connectors.Desired{}, connectors.Options{})
	require.NoError(t, report.Err())
	assert.Empty(t, cluster.Connectors())
}

func TestEachConnectorFailsAlone(t *testing.T) {
	t.Parallel()
	cluster, owned := newCluster(t)
	cluster.Refuse("b"+ownMark, 400, "Connector configuration is invalid: password hunter2 is too short")
	cluster.Refuse("d"+ownMark, 500, "Failed to find any class that implements Connector")
	secretive := config("x")
	secretive["db.password"] = "hunter2"
	named := config("x")
	named["name"] = "b"
	desired := connectors.Desired{
		"a": {Config: config("x")}, "b": {Config: secretive}, "c": {Config: config("x")}, "d": {Config: config("x")},
		"no/name": {Config: config("x")}, "named": {Config: named}, "dead": {Config: config("x"), State: "DESTROYED"},
		strings.Repeat("n", 255): {Config: config("x")},
	}
	report := reconcile(t, owned, desired, connectors.Options{})
	assert.Equal(t, []string{"a" + ownMark, "c" + ownMark}, cluster.Connectors())
	require.ErrorIs(t, report.Err(), connect.ErrUnknownPlugin)
	require.ErrorIs(t, report.Err(), connect.ErrIllegalName)
	for _, says := range []string{
		"connector b: create: POST /connectors: 400 Bad Request: Connector configuration is invalid: password *** is too short",
		"connector named: leave the key name out", `connector dead: a connector cannot be made "DESTROYED"`,
		"its name in Kafka Connect has 291 characters: want 255 at most",
	} {
		require.ErrorContains(t, report.Err(), says)
	}
	assert.NotContains(t, report.Err().Error(), "hunter2")
	assert.Equal(t, hook.Blocked, report.Status().Name)
	assert.Contains(t, report.Status().Message, "connector b: create: POST /connectors: 400")
}

func TestAnUpdateThatIsRefusedSetsNothingGoing(t *testing.T) {
	t.Parallel()
	cluster, owned := newCluster(t)
	cluster.put("a"+ownMark, config("old"))
	cluster.setState("a"+ownMark, paused)
	cluster.Refuse("a"+ownMark, 400, "bad")
	cluster.takeWrites()
	report := reconcile(t, owned, connectors.Desired{"a": {Config: config("new")}}, connectors.Options{})
	assert.Equal(t, []string{"PUT a" + ownMark + "/config"}, cluster.takeWrites())
	assert.Contains(t, report.Status().Message, "connector a: update: ")
}

func TestFailuresAreReportedWithoutSecrets(t *testing.T) {
	t.Parallel()
	cluster, owned := newCluster(t)
	old, wanted := config("x"), config("x")
	old["db.password"], wanted["db.password"] = "hunter2", "correct-horse"
	cluster.put("a"+ownMark, old)
	cluster.Fail("a"+ownMark, "ConnectException: no way, hunter2 nor correct-horse\n\tat Foo.java")
	cluster.Refuse("a"+ownMark, 409, "rebalance")
	owned.Client = impatient(t, cluster.endpoint)
	report := reconcile(t, owned, connectors.Desired{"a": {Config: wanted}}, connectors.Options{})
	assert.Equal(t, "ConnectException: no way, *** nor ***\n\tat Foo.java", one(t, report).Status.Tasks[0].Trace)
	require.ErrorIs(t, report.Err(), connect.ErrRebalancing)
	assert.Equal(t, hook.Status{
		Name: hook.Blocked, Message: "connector a: task 0 FAILED: ConnectException: no way, *** nor ***",
	}, report.Status(), "what needs a person before what passes")
}

func TestFailedTasksAreRestartedOnlyWhereAskedForAndOnce(t *testing.T) {
	t.Parallel()
	cluster, owned := newCluster(t)
	desired := connectors.Desired{"a": {Config: config("x")}, "b": {Config: config("x")}}
	reconcile(t, owned, desired, connectors.Options{})
	cluster.Fail("a"+ownMark, "trace")
	cluster.takeWrites()
	report := reconcile(t, owned, desired, connectors.Options{})
	assert.Empty(t, cluster.takeWrites())
	assert.Equal(t, hook.Blocked, report.Status().Name)

	report = reconcile(t, owned, desired, connectors.Options{RestartFailed: true})
	assert.Equal(t, []string{"POST a" + ownMark + "/restart"}, cluster.takeWrites())
	assert.Equal(t, "2 connectors, 2 tasks running", report.Status().Message)

	cluster.Fail("a"+ownMark, "trace")
	cluster.set(func() { cluster.again["a"+ownMark] = "trace" })
	report = reconcile(t, owned, desired, connectors.Options{RestartFailed: true})
	assert.Equal(t, []string{"POST a" + ownMark + "/restart"}, cluster.takeWrites(), "once in a call")
	assert.Equal(t, hook.Blocked, report.Status().Name)
}

func TestAFailureFromBeforeAChangeIsNotTakenForOneAfterIt(t *testing.T) {
	t.Parallel()
	cluster, owned := newCluster(t)
	cluster.put("a"+ownMark, config("x"))
	cluster.Fail("a"+ownMark, "trace")
	cluster.late["a"+ownMark] = "trace"
	report := reconcile(t, owned, connectors.Desired{"a": {Config: config("y")}}, connectors.Options{})
	assert.Equal(t, "1 connector, 1 task running", report.Status().Message)
}

func TestAFailedConnectorIsPausedAllTheSame(t *testing.T) {
	t.Parallel()
	cluster, owned := newCluster(t)
	cluster.put("a"+ownMark, config("x"))
	cluster.FailItself("a"+ownMark, "trace")
	report := reconcile(t, owned, connectors.Desired{"a": {Config: config("x"), State: paused}}, connectors.Options{})
	assert.Equal(t, []connectors.Action{connectors.Pause, connectors.Restart}, one(t, report).Done)
	assert.Equal(t, "1 connector paused", report.Status().Message)
}

func TestTasksAreWaitedForWithinTheCall(t *testing.T) {
	t.Parallel()
	cluster, owned := newCluster(t)
	cluster.lag = 2
	desired := connectors.Desired{"a": {Config: config("x")}}
	report := reconcile(t, owned, desired, connectors.Options{})
	assert.Equal(t, hook.Active, report.Status().Name)

	const never = 1000
	cluster.set(func() { cluster.lag = never })
	desired["a"] = connectors.Connector{Config: config("y")}
	report = reconcile(t, owned, desired, connectors.Options{Wait: 700 * time.Millisecond})
	assert.Greater(t, cluster.left("a"+ownMark), never-10, "it looks twice a second, and not for long")
	assert.Equal(t, hook.Waiting, report.Status().Name)
	assert.Equal(t, []connectors.Action{connectors.Update}, one(t, report).Done)

	ctx, end := context.WithCancel(t.Context())
	defer end()
	reports := make(chan connectors.Report, 1)
	go func() {
		report, err := owned.Reconcile(ctx, desired, connectors.Options{Patience: 5 * time.Minute, Wait: time.Minute})
		assert.NoError(t, err)
		reports <- report
	}()
	looks := cluster.left("a" + ownMark)
	require.Eventually(t, func() bool { return cluster.left("a"+ownMark) < looks-2 }, time.Minute, 10*time.Millisecond)
	end()
	report = <-reports
	assert.Equal(t, hook.Status{Name: hook.Waiting, Message: "waiting for connector a: task 0 is UNASSIGNED"}, report.Status())

	desired["a"] = connectors.Connector{Config: config("z")}
	report = reconcile(t, owned, desired, connectors.Options{Wait: -1})
	assert.True(t, one(t, report).Pending)
	assert.Equal(t, hook.Waiting, report.Status().Name, "what was seen before the change is not what is")
}

func TestWhatIsHiddenByARebalanceIsSeenToWhenItShows(t *testing.T) {
	t.Parallel()
	cluster, owned := newCluster(t)
	cluster.put("a"+ownMark, config("x"))
	cluster.setState("a"+ownMark, paused)
	cluster.showAs["a"+ownMark] = []connect.State{unassigned, unassigned}
	report := reconcile(t, owned, connectors.Desired{"a": {Config: config("x")}}, connectors.Options{})
	assert.Equal(t, []connectors.Action{connectors.Resume}, one(t, report).Done)
	assert.Equal(t, hook.Active, report.Status().Name)
}

func TestTheEndOfTheTimeLosesNothing(t *testing.T) {
	t.Parallel()
	cluster, owned := newCluster(t)
	cluster.Refuse("b"+ownMark, 409, "Cannot complete request momentarily due to stale configuration")
	desired := connectors.Desired{"a": {Config: config("x")}, "b": {Config: config("x")}, "c": {Config: config("x")}}
	ctx, end := context.WithCancel(t.Context())
	defer end()
	ending := owned
	ending.Client = newClient(t, connect.Config{Endpoints: []string{cluster.endpoint}, Wait: func(ctx context.Context, _ time.Duration) error {
		end() // b is being waited for
		return ctx.Err()
	}})
	report, err := ending.Reconcile(ctx, desired, connectors.Options{AtOnce: 1})
	require.NoError(t, err)
	assert.Equal(t, []connectors.Action{connectors.Create}, report.Connectors[0].Done)
	require.ErrorIs(t, report.Connectors[1].Err, connect.ErrRebalancing)
	assert.Equal(t, hook.Waiting, report.Status().Name, report.Status().Message)

	cluster.Refuse("b"+ownMark, 0, "")
	report = reconcile(t, owned, desired, connectors.Options{})
	assert.Equal(t, hook.Active, report.Status().Name)
	assert.Empty(t, report.Connectors[0].Done, "the next call goes on")
}

func TestAClusterThatDoesNotAnswerIsTheReportsProblem(t *testing.T) {
	t.Parallel()
	cluster, owned := newCluster(t)
	cluster.SetPassword("user", "another")
	desired := connectors.Desired{"a": {Config: config("x")}, "no/name": {}}
	report := reconcile(t, owned, desired, connectors.Options{})
	require.ErrorIs(t, report.Problem, connect.ErrUnauthorized)
	assert.Equal(t, "no/name", one(t, report).Name, "only what is known")
	assert.Contains(t, reconcile(t, owned, connectors.Desired{}, connectors.Options{}).Status().Message, "waiting for Kafka Connect: GET /connectors: 401")

	cluster.Close()
	owned.Client = impatient(t, cluster.endpoint)
	report = reconcile(t, owned, desired, connectors.Options{})
	require.ErrorIs(t, report.Problem, connect.ErrUnavailable)
}

func TestLookChangesNothing(t *testing.T) {
	t.Parallel()
	cluster, owned := newCluster(t)
	cluster.put("b"+ownMark, config("x"))
	report, err := owned.Look(t.Context(), connectors.Desired{"a": {Config: config("x")}}, connectors.Options{})
	require.NoError(t, err)
	assert.Empty(t, cluster.takeWrites())
	assert.Equal(t, "waiting for connector a: not there yet", report.Status().Message)
	assert.True(t, report.Connectors[1].Exists)
}
