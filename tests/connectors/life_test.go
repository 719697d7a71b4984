package connectors_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/hook"
	"connectcharms/tests/kafka"
)

// TestTheLifeOfConnectors has each step in one call: what is sent, and what comes of it.
func TestTheLifeOfConnectors(t *testing.T) {
	t.Parallel()
	for _, version := range []string{kafka.DefaultVersion, "3.9.1"} {
		t.Run(version, func(t *testing.T) {
			g := startGroup(t, version, 1)
			s := stageOf(t, g)
			desired := connectors.Desired{}
			foreign := []string{"a_r10_" + uuid, "a"}
			for _, name := range foreign {
				_, err := s.client.Create(t.Context(), name, s.source("foreign").Config, connect.InitialPaused)
				require.NoError(t, err)
			}

			desired["a"], desired["b"] = s.source("a"), in(connect.Paused, s.source("b"))
			s.becomes(desired, "1 connector, 1 task running, 1 connector paused", "POST /connectors", "POST /connectors")
			s.becomes(desired, "1 connector, 1 task running, 1 connector paused")

			desired["a"] = s.source("other")
			s.becomes(desired, "1 connector, 1 task running, 1 connector paused", "PUT /connectors/a*/config")
			there, err := s.client.Config(t.Context(), "a"+marked{1}.mark())
			require.NoError(t, err)
			assert.Equal(t, desired["a"].Config["file"], there["file"])

			desired["a"], desired["b"] = in(connect.Paused, s.source("both")), in(connect.Running, s.source("both"))
			s.becomes(desired, "1 connector, 1 task running, 1 connector paused",
				"PUT /connectors/a*/pause", "PUT /connectors/a*/config", "PUT /connectors/b*/config", "PUT /connectors/b*/resume")

			desired["a"] = in(connect.Stopped, s.source("both"))
			s.becomes(desired, "1 connector, 1 task running, 1 connector stopped", "PUT /connectors/a*/stop")
			desired["a"] = in(connect.Running, s.source("both"))
			s.becomes(desired, "2 connectors, 2 tasks running", "PUT /connectors/a*/resume")

			require.NoError(t, s.client.Pause(t.Context(), "b"+marked{1}.mark()))
			s.await("b", connect.Paused)
			require.NoError(t, s.client.Delete(t.Context(), "a"+marked{1}.mark()))
			s.becomes(desired, "2 connectors, 2 tasks running", "POST /connectors", "PUT /connectors/b*/resume")

			delete(desired, "b")
			s.becomes(desired, "1 connector, 1 task running", "DELETE /connectors/b*")
			s.becomes(connectors.Desired{}, "no connectors configured", "DELETE /connectors/a*")
			left, err := s.client.Connectors(t.Context())
			require.NoError(t, err)
			assert.ElementsMatch(t, foreign, left, "those of others")
		})
	}
}

func (s *stage) await(name string, state connect.State) {
	s.t.Helper()
	_, err := s.client.AwaitStatus(s.t.Context(), s.Names.ConnectorName(name), func(status connect.Status) bool {
		return status.Connector.State == state
	})
	require.NoError(s.t, err)
}

// TestFailures has what fails on a real worker: a task, a connector, a configuration, a plugin.
func TestFailures(t *testing.T) {
	t.Parallel()
	s := stageOf(t, startGroup(t, "", 1))
	desired := connectors.Desired{
		"good": s.source("good"), "task": s.sink("missing/out"), "itself": unresolvable(),
		"refused": {Config: connect.Settings{"connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector", "tasks.max": "hunter2", "db.password": "hunter2"}},
		"unknown": {Config: connect.Settings{"connector.class": "org.example.None"}},
	}
	report := s.reconcile(desired, connectors.Options{})
	require.ErrorIs(t, report.Err(), connect.ErrUnknownPlugin)
	require.ErrorContains(t, report.Err(), "connector refused: create: POST /connectors: 400 Bad Request: ")
	require.ErrorContains(t, report.Err(), "tasks.max")
	assert.NotContains(t, report.Err().Error(), "hunter2")
	found := map[string]connectors.Result{}
	for _, result := range report.Connectors {
		found[result.Name] = result
	}
	assert.True(t, found["good"].Status.AllRunning())
	require.Len(t, found["task"].Status.Tasks, 1)
	assert.Equal(t, connect.Failed, found["task"].Status.Tasks[0].State)
	assert.NotEmpty(t, found["task"].Status.Tasks[0].WorkerID)
	assert.Contains(t, found["task"].Status.Tasks[0].Trace, "Couldn't find or create file")
	assert.Equal(t, connect.Failed, found["itself"].Status.Connector.State)
	assert.Contains(t, found["itself"].Status.Connector.Trace, "KafkaException")
	assert.Equal(t, hook.Blocked, report.Status().Name)

	delete(desired, "refused")
	delete(desired, "unknown")
	s.takeWrites()
	report = s.reconcile(desired, connectors.Options{})
	assert.Empty(t, s.takeWrites(), "what has failed is not restarted unasked")
	assert.Contains(t, report.Status().Message, "connector itself: FAILED: org.apache.kafka.common.KafkaException")

	t.Run("restarted once, and failed again", func(t *testing.T) {
		report := s.reconcile(desired, connectors.Options{RestartFailed: true})
		assert.Len(t, s.takeWrites(), 2)
		assert.Equal(t, hook.Blocked, report.Status().Name)
	})
	t.Run("a connector that has failed is paused and stopped all the same", func(t *testing.T) {
		desired["itself"] = in(connect.Paused, unresolvable())
		s.has("itself", connectors.Pause, connectors.Restart)(s.reconcile(desired, connectors.Options{Wait: 10 * time.Second}))
		require.Eventually(t, func() bool { // where the restart overtakes the pause, it fails once more: the next call does both again
			there, err := s.client.Status(t.Context(), s.Names.ConnectorName("itself"))
			if err == nil && there.Connector.State == connect.Paused {
				return true
			}
			s.reconcile(desired, connectors.Options{Wait: 10 * time.Second})
			return false
		}, patience, 100*time.Millisecond)
		assert.Contains(t, s.reconcile(desired, connectors.Options{}).Status().Message, "connector task: task 0 FAILED", "and no other")
		desired["itself"] = unresolvable()
		s.has("itself", connectors.Resume)(s.reconcile(desired, connectors.Options{}))
		desired["itself"] = in(connect.Stopped, unresolvable())
		s.has("itself", connectors.Stop)(s.reconcile(desired, connectors.Options{}))
	})
	t.Run("another configuration brings a failed task back", func(t *testing.T) {
		desired["task"] = s.sink("out")
		s.becomes(desired, "2 connectors, 2 tasks running, 1 connector stopped", "PUT /connectors/task*/config")
	})
}

// TestTheEndOfTheTimeLosesNothing ends it while the second connector of six is being created.
func TestTheEndOfTheTimeLosesNothing(t *testing.T) {
	t.Parallel()
	s := stageOf(t, startGroup(t, "", 1))
	desired := connectors.Desired{}
	for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
		desired[name] = s.source(name)
	}
	ctx, end := context.WithCancel(t.Context())
	s.onWrite = func(number int) {
		if number == 2 {
			end()
		}
	}
	report, err := s.Reconcile(ctx, desired, connectors.Options{AtOnce: 1})
	require.NoError(t, err)
	assert.Len(t, s.takeWrites(), 2)
	require.Len(t, report.Connectors, len(desired))
	assert.Equal(t, []connectors.Action{connectors.Create}, report.Connectors[0].Done)
	for _, result := range report.Connectors[1:] {
		require.ErrorIs(t, result.Err, context.Canceled)
	}
	assert.Equal(t, hook.Waiting, report.Status().Name, report.Status().Message)

	report = s.reconcile(desired, connectors.Options{})
	require.NoError(t, report.Err())
	assert.Equal(t, "6 connectors, 6 tasks running", report.Status().Message)
	assert.Empty(t, report.Connectors[0].Done, "the next call goes on")
}

// TestARebalanceUnderWayIsWaitedOut ends a worker without notice, and reconciles at once through the other.
func TestARebalanceUnderWayIsWaitedOut(t *testing.T) {
	t.Parallel()
	g := startGroup(t, "", 2)
	s := stageOf(t, g)
	desired := connectors.Desired{}
	for _, name := range []string{"a", "b", "c", "d"} {
		desired[name] = s.source(name)
	}
	s.reconcile(desired, connectors.Options{})
	s.becomes(desired, "4 connectors, 4 tasks running")

	require.NoError(t, g.workers[0].Stop())
	desired["a"], desired["e"] = in(connect.Paused, s.source("a")), s.source("e")
	delete(desired, "b")
	began := time.Now()
	report := s.reconcile(desired, connectors.Options{})
	t.Logf("%s in %s: %v", report.Status().Message, time.Since(began), report.Err())
	require.Eventually(t, func() bool { // hooks, as update-status
		if report.Status().Name != hook.Active {
			report = s.reconcile(desired, connectors.Options{})
		}
		return report.Status().Name == hook.Active
	}, 2*patience, 100*time.Millisecond)
	assert.Equal(t, "3 connectors, 3 tasks running, 1 connector paused", report.Status().Message)
}

func TestAClusterThatIsGoneIsTheReportsProblem(t *testing.T) {
	t.Parallel()
	g := startGroup(t, "", 1)
	s := stageOf(t, g)
	require.NoError(t, g.workers[0].Stop())
	report := s.reconcile(connectors.Desired{"a": s.source("a")}, connectors.Options{Patience: 30 * time.Second})
	require.ErrorIs(t, report.Problem, connect.ErrUnavailable)
	assert.Equal(t, hook.Waiting, report.Status().Name)
	assert.Contains(t, report.Status().Message, http.StatusText(http.StatusBadGateway))
}
