package metrics_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/metrics"
)

const (
	model = "59060ecc04954a8080065f1fc13fd783"
	one   = "10.0.0.1:8083"
	two   = "10.0.0.2:8083"
	gone  = "10.0.0.9:8083"
)

// connector is what a worker says of a connector.
func connector(worker, state string, tasks ...map[string]string) map[string]any {
	return map[string]any{"status": map[string]any{
		"connector": map[string]string{"state": state, "worker_id": worker, "trace": "org.apache.kafka.Exception\n\tat …"},
		"tasks":     tasks,
	}}
}

func task(worker, state string) map[string]string {
	return map[string]string{"state": state, "worker_id": worker}
}

// listing is a worker that knows these connectors.
func listing(t *testing.T, connectors map[string]any) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "/connectors?expand=status", r.URL.String())
		assert.NoError(t, json.NewEncoder(w).Encode(connectors))
	}))
	t.Cleanup(server.Close)
	return server
}

// unit is one of two; relation 1 is app's, and relation 10 is other's.
func unit(worker string, leader bool) metrics.Unit {
	return metrics.Unit{
		Worker: worker, Workers: []string{one, two}, Leader: leader,
		Clients: []metrics.Client{
			{Relation: "1", Application: "app", Published: true},
			{Relation: "10", Application: "other", PluginFailing: true},
		},
		PluginsInstalled: 2, PluginsLoaded: 1, RestartPending: true, Hook: time.Unix(1700000000, 0),
	}
}

func register(t *testing.T, workerURL string, unit metrics.Unit) *prometheus.Registry {
	t.Helper()
	file := filepath.Join(t.TempDir(), "unit.json")
	require.NoError(t, unit.Write(file))
	return registered(workerURL, file)
}

func registered(workerURL, file string) *prometheus.Registry {
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(metrics.New(workerURL, file)...)
	return registry
}

// sum adds up all series of a metric that have these labels, over registries.
func sum(t *testing.T, name string, labels map[string]string, of ...*prometheus.Registry) (total float64) {
	t.Helper()
	for _, registry := range of {
		families, err := registry.Gather()
		require.NoError(t, err)
		for _, family := range families {
			if family.GetName() != name {
				continue
			}
			for _, metric := range family.GetMetric() {
				has := map[string]string{}
				for _, label := range metric.GetLabel() {
					has[label.GetName()] = label.GetValue()
				}
				matches := true
				for label, value := range labels {
					matches = matches && has[label] == value
				}
				if matches {
					total += metric.GetGauge().GetValue()
				}
			}
		}
	}
	return total
}

func TestEachUnitCountsWhatItsWorkerRuns(t *testing.T) {
	t.Parallel()
	server := listing(t, map[string]any{
		"a_r1_" + model:  connector(one, "RUNNING", task(one, "RUNNING"), task(two, "FAILED")),
		"b_r1_" + model:  connector(two, "PAUSED", task(two, "PAUSED")),
		"c_r10_" + model: connector(one, "FAILED"),
		"d_r7_" + model:  connector(one, "RUNNING"),
		"plain":          connector(two, "STOPPED"),
		"lost_r1_" + model: connector(gone, "RUNNING", // its worker is gone: the leader's to count
			task(gone, "UNASSIGNED")),
	})
	first, second := register(t, server.URL, unit(one, true)), register(t, server.URL, unit(two, false))

	for state, want := range map[string]float64{"running": 3, "paused": 1, "stopped": 1, "failed": 1} {
		assert.InDelta(t, want, sum(t, "kafka_connect_connectors", map[string]string{"state": state}, first, second), 0, state)
	}
	for state, want := range map[string]float64{"running": 1, "paused": 1, "failed": 1, "unassigned": 1} {
		assert.InDelta(t, want, sum(t, "kafka_connect_tasks", map[string]string{"state": state}, first, second), 0, state)
	}
	for of, want := range map[[2]string]float64{{"1", "app"}: 3, {"10", "other"}: 1, {"unknown", ""}: 1, {"none", ""}: 1} {
		labels := map[string]string{"relation_id": of[0], "application": of[1]}
		assert.InDelta(t, want, sum(t, "kafka_connect_connectors", labels, first, second), 0, of)
	}
	assert.InDelta(t, 1, sum(t, "kafka_connect_connectors", map[string]string{"relation_id": "1"}, second), 0, "b is on the second")
	assert.InDelta(t, 1, sum(t, "kafka_connect_connector_failed", map[string]string{"connector": "c_r10_" + model}, first, second), 0)
	assert.InDelta(t, 1, sum(t, "kafka_connect_connector_tasks_failed",
		map[string]string{"connector": "a_r1_" + model, "application": "app"}, second), 0)
}

func TestWhatTheCharmSaysIsTold(t *testing.T) {
	t.Parallel()
	server := listing(t, nil)
	registry := register(t, server.URL, unit(one, true))
	require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP kafka_connect_charm_last_hook_timestamp_seconds When the charm last ended a hook on this unit.
# TYPE kafka_connect_charm_last_hook_timestamp_seconds gauge
kafka_connect_charm_last_hook_timestamp_seconds 1.7e+09
# HELP kafka_connect_client_ready Whether the relation has its credentials (as the leader knows it).
# TYPE kafka_connect_client_ready gauge
kafka_connect_client_ready{application="app",relation_id="1"} 1
kafka_connect_client_ready{application="other",relation_id="10"} 0
# HELP kafka_connect_plugin_install_failing Whether the relation's plugin could not be installed on this unit.
# TYPE kafka_connect_plugin_install_failing gauge
kafka_connect_plugin_install_failing{application="app",relation_id="1"} 0
kafka_connect_plugin_install_failing{application="other",relation_id="10"} 1
# HELP kafka_connect_plugins_installed Plugins that are installed on this unit.
# TYPE kafka_connect_plugins_installed gauge
kafka_connect_plugins_installed 2
# HELP kafka_connect_plugins_loaded Plugins of relations that the worker has loaded.
# TYPE kafka_connect_plugins_loaded gauge
kafka_connect_plugins_loaded 1
# HELP kafka_connect_restart_pending Whether the worker is to be restarted, for plugins or settings.
# TYPE kafka_connect_restart_pending gauge
kafka_connect_restart_pending 1
# HELP kafka_connect_restart_turn Whether it is this unit's turn to restart its worker.
# TYPE kafka_connect_restart_turn gauge
kafka_connect_restart_turn 0
`), "kafka_connect_charm_last_hook_timestamp_seconds", "kafka_connect_client_ready", "kafka_connect_plugin_install_failing",
		"kafka_connect_plugins_installed", "kafka_connect_plugins_loaded", "kafka_connect_restart_pending", "kafka_connect_restart_turn"))
}

func TestClientsAreToldOfOnceByTheLeader(t *testing.T) {
	t.Parallel()
	server := listing(t, nil)
	first, second := register(t, server.URL, unit(one, true)), register(t, server.URL, unit(two, false))
	assert.InDelta(t, 1, sum(t, "kafka_connect_client_ready", nil, first, second), 0)
}

func TestNamesAndHelpKeepToPrometheusConventions(t *testing.T) {
	t.Parallel()
	server := listing(t, map[string]any{"a_r1_" + model: connector(one, "FAILED", task(one, "FAILED"))})
	problems, err := testutil.GatherAndLint(register(t, server.URL, unit(one, true)))
	require.NoError(t, err)
	assert.Empty(t, problems)
}

func TestOfAWorkerThatDoesNotAnswerNothingElseIsTold(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"error":      func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"not a list": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `[]`) },
		"cut": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"a":{"status":{"connector":{"state":"RUNNING"`)
		},
		"cut late": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"a":{"status":{"connector":{"state":"RUNNING"}}}`)
		},
		"empty": func(http.ResponseWriter, *http.Request) {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(answer)
			t.Cleanup(server.Close)
			registry := register(t, server.URL, unit(one, true))
			require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP kafka_connect_worker_up Whether this unit's worker answers.
# TYPE kafka_connect_worker_up gauge
kafka_connect_worker_up 0
`), "kafka_connect_worker_up", "kafka_connect_connectors", "kafka_connect_tasks"))
		})
	}
}

func TestWithoutWordOfTheCharmNothingIsCounted(t *testing.T) {
	t.Parallel()
	server := listing(t, map[string]any{"a_r1_" + model: connector(one, "RUNNING")})
	families, err := registered(server.URL, filepath.Join(t.TempDir(), "none")).Gather()
	require.NoError(t, err)
	require.Len(t, families, 1)
	assert.Equal(t, "kafka_connect_worker_up", families[0].GetName())
}

func TestAChangeOfTheCharmsFileShowsAtTheNextScrape(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "unit.json")
	registry := registered(listing(t, nil).URL, file)
	changed := unit(one, true)
	require.NoError(t, changed.Write(file))
	assert.InDelta(t, 0, sum(t, "kafka_connect_restart_turn", nil, registry), 0)
	changed.RestartTurn = true
	require.NoError(t, changed.Write(file))
	assert.InDelta(t, 1, sum(t, "kafka_connect_restart_turn", nil, registry), 0)
}

func TestScrapesAtTheSameTimeCostOneRequest(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		fmt.Fprint(w, "{}")
	}))
	t.Cleanup(server.Close)
	registry := register(t, server.URL, unit(one, true))
	begun := time.Now()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			_, err := registry.Gather()
			assert.NoError(t, err)
		})
	}
	all.Wait()
	assert.LessOrEqual(t, int(requests.Load()), 1+int(time.Since(begun)/(5*time.Second)), "one in five seconds")
}

func TestHowManySeriesThereAreDoesNotGrowWithConnectors(t *testing.T) {
	t.Parallel()
	few, many := map[string]any{}, map[string]any{}
	for i := range 1000 { // each with a relation that the charm does not know, and failed
		name := fmt.Sprintf("c%d_r%d_%s", i, 100+i, model)
		many[name] = connector(one, "FAILED", task(one, "FAILED"))
		if i < 100 {
			few[name] = many[name]
		}
	}
	series := func(connectors map[string]any) (total int) {
		families, err := register(t, listing(t, connectors).URL, unit(one, true)).Gather()
		require.NoError(t, err)
		for _, family := range families {
			total += len(family.GetMetric())
		}
		return total
	}
	assert.Equal(t, series(few), series(many))
	registry := register(t, listing(t, many).URL, unit(one, true))
	assert.InDelta(t, 900, sum(t, "kafka_connect_failures_unnamed", nil, registry), 0)
	assert.InDelta(t, 1000, sum(t, "kafka_connect_connectors", map[string]string{"relation_id": "unknown", "state": "failed"}, registry), 0)
}
