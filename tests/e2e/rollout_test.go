package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
	"connectcharms/schemas"
	"connectcharms/tests/pair"
)

// pluginNumber is the file plugin in an archive of its own: each number has another digest.
func pluginNumber(t *testing.T, number int) []byte {
	t.Helper()
	archive, err := parts.Plugin(number)
	require.NoError(t, err)
	return archive
}

// servePlugins serves plugin number N at /N.
func servePlugins(t *testing.T, count int) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	for number := range count {
		content := pluginNumber(t, number)
		mux.HandleFunc(fmt.Sprintf("/%d", number), func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(content) })
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

// workers are the process ids of the workers, by unit.
func (s *stage) workers() map[string]int {
	s.t.Helper()
	pids := map[string]int{}
	for _, unit := range s.Units(provider) {
		pids[unit] = workerPID(s.t, s, unit)
	}
	return pids
}

// requireOneRestart holds every worker to another process than before, and its unit to one restart of it.
func (s *stage) requireOneRestart(before map[string]int, restarts map[string]int) {
	s.t.Helper()
	for unit, now := range s.workers() {
		assert.NotEqual(s.t, before[unit], now, "%s has another worker", unit)
		assert.Equal(s.t, 1, s.steps(unit, "RestartWorker")-restarts[unit], "%s restarts once", unit)
	}
}

func (s *stage) restarts() map[string]int {
	count := map[string]int{}
	for _, unit := range s.Units(provider) {
		count[unit] = s.steps(unit, "RestartWorker")
	}
	return count
}

// TestARolloutOverThreeWorkersKeepsRecordsComing prints the longest time without a record of any task.
func TestARolloutOverThreeWorkersKeepsRecordsComing(t *testing.T) {
	s := newStage(t)
	s.deploy(3, map[string]any{"worker-heap": 256})
	s.client("mirrors", schemas.NotRequired)
	s.settle()
	mirrors := s.integrate("mirrors")
	s.settle()
	s.allActive(provider)
	const tasks = 12
	flow := s.startFlow(mirrors, tasks)
	before, restarts := s.workers(), s.restarts()

	server := servePlugins(t, 1)
	s.client("files", server.URL+"/0")
	begin := time.Now()
	files := s.integrate("files")
	s.settle()
	s.eventually("the credentials are published", func() bool { return len(s.published(files).Endpoints) == 3 })
	took := time.Since(begin)
	s.requireOneRestart(before, restarts)

	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	became, err := flow.Judge(ctx, begin)
	require.NoError(t, err)
	gaps := became.Gaps
	require.Len(t, gaps, tasks)
	assert.Zero(t, became.Missed, "records that were never copied")
	slices.Sort(gaps)
	t.Logf("rollout of a plugin over 3 workers with %d tasks in %.1fs: longest time without a record %v, of the median task %v",
		tasks, took.Seconds(), gaps[tasks-1].Round(time.Millisecond), gaps[tasks/2].Round(time.Millisecond))
	assert.Less(t, gaps[tasks-1], 2*time.Minute, "a rebalance delay, or a task that is lost")
}

// TestFivePluginsAtOnceCostEachWorkerOneRestart prints how long it takes to five published credentials.
func TestFivePluginsAtOnceCostEachWorkerOneRestart(t *testing.T) {
	s := newStage(t)
	s.deploy(3, map[string]any{"worker-heap": 256})
	const clients = 5
	server := servePlugins(t, clients)
	for i := range clients {
		s.client(fmt.Sprintf("client%d", i), fmt.Sprintf("%s/%d", server.URL, i))
	}
	s.settle()
	before, restarts := s.workers(), s.restarts()
	begin := time.Now()
	var relations []int
	for i := range clients {
		relations = append(relations, s.integrate(fmt.Sprintf("client%d", i)))
	}
	s.settle()
	s.eventually("all credentials are published", func() bool {
		return !slices.ContainsFunc(relations, func(id int) bool { return len(s.published(id).Endpoints) != 3 })
	})
	t.Logf("%d plugins at once on 3 workers: %.1fs from integrate to all credentials, restarts by worker %v",
		clients, time.Since(begin).Seconds(), s.restarts())
	s.requireOneRestart(before, restarts)
	for _, unit := range s.Units(provider) {
		assert.Len(t, s.plugins(unit), clients)
	}
}

// TestAClientWithoutAPluginIsServedInTwoHooks counts the leader's hooks.
func TestAClientWithoutAPluginIsServedInTwoHooks(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.deploy(1, nil)
	s.client("mirrors", schemas.NotRequired)
	s.settle()
	begin := time.Now()
	relation := s.integrate("mirrors")
	s.settle()
	took := time.Since(begin)
	require.Len(t, s.published(relation).Endpoints, 1)
	hooks := 0
	for _, run := range s.HookLog() {
		if run.Unit != provider+"/0" || hooks == 0 && run.Name != "connect-client-relation-created" {
			continue
		}
		if run.Name != "update-status" { // which is run where a service is late
			hooks++
		}
		if strings.Contains(run.Output, "charm.Publish") {
			t.Logf("from relation-created to published credentials without a plugin: %d hooks of the leader, %.2fs until all rests, %d restarts",
				hooks, took.Seconds(), s.steps(provider+"/0", "RestartWorker"))
			assert.LessOrEqual(t, hooks, 2)
			assert.Zero(t, s.steps(provider+"/0", "RestartWorker"))
			return
		}
	}
	assert.Fail(t, "no hook published")
}

// TestTasksRunAfterAnUpgradeOfTheirPlugin changes a plugin-url under connectors that run.
func TestTasksRunAfterAnUpgradeOfTheirPlugin(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.deploy(2, map[string]any{"worker-heap": 256})
	server := servePlugins(t, 2)
	var version atomic.Int32
	require.NoError(t, s.Deploy("client", pair.Requirer("client", func() hook.Databag {
		return hook.Databag{"plugin-url": fmt.Sprintf("%s/%d", server.URL, version.Load()), "requested-secrets": pair.BothSecrets}
	}), jujutest.DeployOptions{}))
	s.settle()
	relation := s.integrate("client")
	s.settle()
	s.allActive(provider)
	rest, before, restarts := s.rest(relation), s.workers(), s.restarts()
	var names []string
	for i := range 4 {
		name := fmt.Sprintf("file%d_r%d_%s", i, relation, strings.ReplaceAll(s.UUID(), "-", ""))
		config := map[string]string{"connector.class": sourceClass, "file": filepath.Join(t.TempDir(), "in"), "topic": name}
		_, err := rest.Create(t.Context(), name, config, connect.InitialRunning)
		require.NoError(t, err)
		names = append(names, name)
	}
	running := func() bool {
		return !slices.ContainsFunc(names, func(name string) bool {
			status, err := rest.Status(t.Context(), name)
			return err != nil || len(status.Tasks) != 1 || status.Tasks[0].State != "RUNNING"
		})
	}
	require.Eventually(t, running, patience, 100*time.Millisecond)
	old := s.plugins(provider + "/0")

	version.Store(1)
	s.updateStatus()
	s.allActive(provider)
	s.requireOneRestart(before, restarts)
	require.Eventually(t, running, patience, 100*time.Millisecond, "no task is left FAILED")
	for _, unit := range s.Units(provider) {
		now := s.plugins(unit)
		require.Len(t, now, 1, "the old file is gone from %s", unit)
		assert.NotEqual(t, old, now)
	}
}

func TestAnOperatorRestartsAllWorkersFromAnyUnit(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.deploy(2, map[string]any{"worker-heap": 256})
	s.settle()
	s.allActive(provider)
	for _, unit := range s.Units(provider) { // one of them leads, the other passes it on
		before, restarts := s.workers(), s.restarts()
		answer, err := s.RunAction(t.Context(), unit, "restart", nil)
		require.NoError(t, err)
		assert.Equal(t, "2", answer.Results["workers"])
		s.settle()
		s.allActive(provider)
		s.requireOneRestart(before, restarts)
	}
}

// TestALeaderKilledAtEveryStepEndsTheRollout kills each hook of the leader at its first step, then at its second, and so
// on, until it has taken all: what was done before the kill is on disk, what was written to databags is lost.
func TestALeaderKilledAtEveryStepEndsTheRollout(t *testing.T) {
	t.Parallel()
	s := newStageOf(t, pair.Machines, jujutest.Options{HookRetries: 50})
	kills := t.TempDir()
	require.NoError(t, s.Deploy(provider, jujutest.FromDir(mortal(t, kills)), jujutest.DeployOptions{
		Units: 2, Config: map[string]any{"bootstrap-servers": parts.broker.Bootstrap(), "worker-heap": 256},
		Resources: map[string]string{"kafka": parts.Kafka.Archive},
	}))
	server := servePlugins(t, 1)
	s.client("client", server.URL+"/0")
	s.settle()
	before := s.workers()
	require.NoError(t, os.WriteFile(filepath.Join(kills, "victim"), []byte(s.Leader(provider)), 0o600))
	relation := s.integrate("client")
	s.settle()
	s.eventually("the credentials are published", func() bool { return len(s.published(relation).Endpoints) == 2 })
	require.NoError(t, os.Remove(filepath.Join(kills, "victim")))
	died := 0
	for _, run := range s.HookLog() {
		if run.Exit != 0 {
			died++
		}
	}
	t.Logf("the leader's hooks were killed %d times", died)
	assert.Greater(t, died, 5)
	for unit, pid := range s.workers() {
		assert.NotEqual(t, before[unit], pid)
		assert.Len(t, s.plugins(unit), 1)
	}
	s.allActive(provider)
	assert.Equal(t, http.StatusOK, s.ask(s.published(relation).Endpoints[0], s.credentials(s.published(relation))))
}

// mortal is the charm with another juju-log before Juju's own, which kills the hook that logs. While the file victim
// names the unit, a hook of it dies at one step more each time, until it ends.
func mortal(t *testing.T, kills string) string {
	t.Helper()
	charm := filepath.Join(t.TempDir(), "charm")
	require.NoError(t, os.CopyFS(charm, os.DirFS(parts.Charms.KafkaConnect)))
	write := func(name, script string) {
		path := filepath.Join(charm, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(script), 0o755))
	}
	write("dispatch", `#!/bin/sh
steps="`+kills+`/$(basename "$JUJU_UNIT_NAME")"
export OUTER_PATH="$PATH" STEPS="$steps"
rm -f "$steps.taken"
PATH="$JUJU_CHARM_DIR/mortal:$PATH" "$JUJU_CHARM_DIR/bin/kafka-connect" dispatch || exit
rm -f "$steps.survived"
`)
	write("mortal/juju-log", `#!/bin/sh
PATH="$OUTER_PATH"
juju-log "$@"
case "$*" in *does=charm.*) ;; *) exit 0 ;; esac
[ "$(cat "`+kills+`/victim" 2>/dev/null)" = "$JUJU_UNIT_NAME" ] || exit 0
echo >> "$STEPS.taken"
taken=$(wc -l < "$STEPS.taken")
survived=$(cat "$STEPS.survived" 2>/dev/null || echo 0)
if [ "$taken" -gt "$survived" ]; then
	echo "$taken" > "$STEPS.survived"
	kill -9 "$PPID"
fi
`)
	return charm
}

// TestFiveWorkersTakeAPluginInTurn also lets a unit come and one go in the midst of it.
func TestFiveWorkersTakeAPluginInTurn(t *testing.T) {
	s := newStage(t)
	s.deploy(5, map[string]any{"worker-heap": 128})
	server := servePlugins(t, 1)
	s.client("client", server.URL+"/0")
	s.settle()
	s.allActive(provider)
	begin := time.Now()
	relation := s.integrate("client")
	ctx, cancel := context.WithCancel(t.Context())
	go func() { // while hooks run
		defer cancel()
		for ctx.Err() == nil && s.steps(provider+"/0", "RestartWorker") == 0 {
			time.Sleep(50 * time.Millisecond)
		}
		assert.NoError(t, s.RemoveUnit(provider+"/3"))
		_, err := s.AddUnit(provider)
		assert.NoError(t, err)
	}()
	s.settle()
	<-ctx.Done()
	s.settle()
	s.eventually("all five are endpoints", func() bool { return len(s.published(relation).Endpoints) == 5 })
	t.Logf("5 workers, one of which went and one came: %.1fs, restarts by worker %v", time.Since(begin).Seconds(), s.restarts())
	for _, unit := range s.Units(provider) {
		assert.Len(t, s.plugins(unit), 1)
		assert.LessOrEqual(t, s.steps(unit, "RestartWorker"), 1, unit)
	}
	s.allActive(provider)
}
