package charm

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/supervisor"
)

// watched is a settled leader with relations of the observability stack.
func watched(t *testing.T, endpoints ...string) *World {
	t.Helper()
	w := settled(t)
	w.ListenAddress, w.Config.MetricsPort = w.Address, 9404
	w.Watch = Watch{Watchers: map[string][]hook.RelationID{}, Told: map[bagOwner]hook.Databag{}}
	for i, endpoint := range endpoints {
		w.Watch.Watchers[endpoint] = []hook.RelationID{hook.RelationID(20 + i)}
	}
	return w
}

func TestMetricsAreServedOnlyToThoseWhoAsk(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		endpoints []string
		port      int
		address   string
		ports     []int
	}{
		"nobody":          {nil, 9404, "", []int{8083}},
		"an agent":        {[]string{agentEndpoint}, 9404, "127.0.0.1:9404", []int{8083}},
		"Prometheus":      {[]string{scrapeEndpoint}, 9404, "10.0.0.5:9404", []int{8083, 9404}},
		"both":            {[]string{agentEndpoint, scrapeEndpoint}, 9404, "10.0.0.5:9404", []int{8083, 9404}},
		"no port":         {[]string{agentEndpoint, scrapeEndpoint}, 0, "", []int{8083}},
		"others":          {[]string{dashboardEndpoint, logEndpoint}, 9404, "", []int{8083}},
		"at another port": {[]string{scrapeEndpoint}, 9500, "10.0.0.5:9500", []int{8083, 9500}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := watched(t, test.endpoints...)
			w.Config.MetricsPort = test.port
			assert.Equal(t, test.address, w.metricsAddress())
			assert.Equal(t, test.ports, w.ports())
		})
	}
}

func TestWatchersAreToldOnceWhatIsTheirs(t *testing.T) {
	t.Parallel()
	for _, leader := range []bool{true, false} {
		w := watched(t, scrapeEndpoint, agentEndpoint, dashboardEndpoint, logEndpoint)
		w.Leader = leader
		written := map[bagOwner]bool{}
		for step := tellWatchers(w); step != nil; step = tellWatchers(w) {
			owner := step.(TellWatcher).Owner
			require.False(t, written[owner], "told twice")
			written[owner] = true
			w.Watch.Told[owner] = w.toTell()[owner]
		}
		want := map[bagOwner]bool{{20, false}: true, {21, false}: true}
		if leader {
			want[bagOwner{20, true}], want[bagOwner{22, true}], want[bagOwner{23, true}] = true, true, true
		}
		assert.Equal(t, want, written)
	}
}

func TestWatchersHearOfAnotherPortAndOfTheExporter(t *testing.T) {
	t.Parallel()
	w := watched(t, scrapeEndpoint)
	for owner, bag := range w.toTell() {
		w.Watch.Told[owner] = bag
	}
	require.Nil(t, tellWatchers(w))
	w.Config.MetricsPort = 9500
	assert.Equal(t, TellWatcher{Endpoint: scrapeEndpoint, Owner: bagOwner{20, true}}, tellWatchers(w))
	w.Config.MetricsPort, w.Watch.JMX.Option = 9404, "-javaagent:x"
	assert.Equal(t, TellWatcher{Endpoint: scrapeEndpoint, Owner: bagOwner{20, true}}, tellWatchers(w))
	assert.Equal(t, "http://127.0.0.1:8086/metrics", w.jmxURL())
}

func TestAnExporterIsASettingOfTheWorker(t *testing.T) {
	t.Parallel()
	w := watched(t)
	require.False(t, w.needsRestart())
	w.Watch.JMX.Option = "-javaagent:/w/jmx-exporter/agent-1.jar=127.0.0.1:8086:/w/jmx-exporter/rules-1.yaml"
	assert.True(t, w.needsRestart())
}

func TestLogsAreSentWhereRelationsTakeThemAndNoLongerThanThat(t *testing.T) {
	t.Parallel()
	w := watched(t, logEndpoint)
	assert.Nil(t, forwardLogs(w))
	w.Watch.LogTargets = map[string]supervisor.LogTarget{}
	w.addLogTarget("relation-20-loki-0", "http://loki:3100/loki/api/v1/push")
	w.addLogTarget("relation-20-loki-1", "http://loki:3100/loki/api/v1/push")
	w.addLogTarget("relation-20-loki-2", "")
	require.Len(t, w.Watch.LogTargets, 1, "units behind one address name the same")
	assert.Equal(t, "kafka-connect/0", w.Watch.LogTargets["relation-20-loki-0"].Labels["juju_unit"])
	assert.Equal(t, ForwardLogs{}, forwardLogs(w))
	w.Watch.Forwarding = w.Watch.LogTargets
	assert.Nil(t, forwardLogs(w))
	w.Watch.LogTargets = map[string]supervisor.LogTarget{}
	w.tried.Forget("forward logs")
	assert.Equal(t, ForwardLogs{}, forwardLogs(w))
	w.Services.GatewayUp = false
	w.tried.Forget("forward logs")
	assert.Nil(t, forwardLogs(w), "there is no Pebble")
}

func TestMetricsPortsThatCannotBe(t *testing.T) {
	t.Parallel()
	for port, problem := range map[int]string{
		0: "", 9404: "", 8083: "rest-port", 8084: "the worker's own port", 8085: "the port for other workers", 8086: "the JMX exporter's own port",
		70000: "set it between 0 and 65535", -1: "set it between 0 and 65535",
	} {
		options := hook.Config{"metrics-port": float64(port), "rest-port": float64(8083)}
		got := readWatchConfig(&Config{}, options, hook.Event{})
		if problem == "" {
			assert.Empty(t, got, port)
		} else {
			assert.Contains(t, got, problem, port)
			assert.Contains(t, got, "config metrics-port is ", port)
		}
	}
}

func TestTroubleWithWatchingHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	w := watched(t, scrapeEndpoint)
	w.Watch.MetricsProblem = "cannot listen for metrics: listen tcp 10.0.0.5:9404: bind: address already in use"
	got := status(w)
	assert.Equal(t, hook.Active, got.Name)
	assert.Equal(t, "1 client; "+w.Watch.MetricsProblem, got.Message)
}

// listedConnector is a connector in the states given: its own, then its tasks'.
func listedConnector(trace string, states ...connect.State) connect.ListedConnector {
	listed := connect.ListedConnector{Info: connect.Connector{Config: map[string]string{"db.password": "hunter2"}}}
	for i, state := range states {
		if i == 0 {
			listed.Status.Connector = connect.ConnectorState{State: state, WorkerID: "10.0.0.5:8085", Trace: trace}
			continue
		}
		listed.Status.Tasks = append(listed.Status.Tasks, connect.TaskState{ID: i - 1, State: state, WorkerID: "10.0.0.5:8085", Trace: trace})
	}
	return listed
}

const markOf7 = "_r7_59060ecc04954a8080065f1fc13fd783"

func TestAFailedConnectorShowsInTheApplicationsStatusWithoutBlocking(t *testing.T) {
	t.Parallel()
	trace := "org.apache.kafka.connect.errors.ConnectException: login with hunter2 at jdbc://u:pw@h refused" + strings.Repeat(" and on", 100) + "\n\tat x.y(Z.java)"
	w := watched(t)
	assert.Equal(t, hook.Status{Name: hook.Active, Message: "1 client"}, applicationStatus(w))
	w.Failing = failingOf(map[string]connect.ListedConnector{
		"b" + markOf7: listedConnector(trace, connect.Failed),
		"a" + markOf7: listedConnector(trace, connect.Running, connect.Running, connect.Failed),
		"ok":          listedConnector(trace, connect.Running, connect.Running),
		"held":        listedConnector(trace, connect.Paused),
	})
	got := applicationStatus(w)
	assert.Equal(t, hook.Active, got.Name)
	assert.Regexp(t, `^1 client; connector a_r7_\S+ of my-integrator task 1 failed: org\.apache\.kafka\.connect\.errors\.ConnectException: `+
		`login with \*\*\* at jdbc://\*\*\*@h refused.*… \(and 1 more: run list-connectors\)$`, got.Message)
	assert.Less(t, len(got.Message), 350)
	assert.Equal(t, "1 client", status(w).Message, "the unit itself is well")

	entries := w.failures(7)
	require.Len(t, entries, 2)
	assert.Equal(t, 1000, entries[0].Code, "for information: the requirer goes on")
	assert.Contains(t, entries[0].Message, "connector a_r7_")
	assert.Empty(t, w.failures(70))
}

func TestTheApplicationIsNoBetterThanItsUnits(t *testing.T) {
	t.Parallel()
	w := watched(t)
	w.Clients = nil
	w.Others["kafka-connect/1"] = Report{Trouble: "ConfigException: no"}
	assert.Equal(t, hook.Status{Name: hook.Waiting, Message: "waiting for the worker of kafka-connect/1: ConfigException: no"}, applicationStatus(w))
	w.Config.Problem = "config x is y: set it"
	assert.Equal(t, hook.Status{Name: hook.Blocked, Message: "config x is y: set it"}, applicationStatus(w))
}

func TestTheLeaderNotesWhatItFound(t *testing.T) {
	t.Parallel()
	w := watched(t)
	assert.Nil(t, noteFailing(w))
	w.Failing = []Failing{{Connector: "a", Reason: "failed"}}
	assert.Equal(t, NoteFailing{Failing: w.Failing}, noteFailing(w))
	w.NotedFailing, w.Failing = w.Failing, nil
	assert.Equal(t, NoteFailing{}, noteFailing(w), "all are mended")
	w.Leader = false
	assert.Nil(t, noteFailing(w))
}

func TestAConnectorIsDescribedInALine(t *testing.T) {
	t.Parallel()
	w := watched(t)
	w.Others["kafka-connect/1"] = Report{Address: "10.0.0.6"}
	two := listedConnector("X: why\n\tat", connect.Running, connect.Running, connect.Running, connect.Failed)
	two.Status.Tasks[0].WorkerID = "10.0.0.6:8085"
	for name, test := range map[string]struct {
		name   string
		listed connect.ListedConnector
		line   string
	}{
		"of a client": {
			"a" + markOf7, two,
			"running on kafka-connect/0; 1 task failed on kafka-connect/0; 2 tasks running on kafka-connect/0, kafka-connect/1; " +
				"of my-integrator (relation 7); task 2 failed: X: why",
		},
		"of a client that is gone": {
			"a_r8_59060ecc04954a8080065f1fc13fd783", listedConnector("", connect.Stopped),
			"stopped on kafka-connect/0; no tasks; of a client that is gone (relation 8)",
		},
		"nobody's, not assigned": {"plain", connect.ListedConnector{}, "unassigned on no worker; no tasks"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.name+": "+test.line, w.describe(test.name, test.listed))
		})
	}
}

func TestWhatTheMetricsAreToldOfTheUnit(t *testing.T) {
	t.Parallel()
	w := watched(t, scrapeEndpoint)
	w.Others["kafka-connect/1"] = Report{Address: "10.0.0.6"}
	unit := w.metricsUnit()
	assert.Equal(t, "10.0.0.5:8085", unit.Worker)
	assert.Equal(t, []string{"10.0.0.5:8085", "10.0.0.6:8085"}, unit.Workers)
	assert.Equal(t, 1, unit.PluginsInstalled)
	assert.False(t, unit.RestartPending)
	require.Len(t, unit.Clients, 1)
	assert.Equal(t, "7", unit.Clients[0].Relation)
	assert.True(t, unit.Clients[0].Published)
	assert.False(t, unit.Clients[0].PluginFailing)
	w.Own.Plugins[of7] = PluginReport{Failed: fingerprint(wantA), Error: "404 Not Found"}
	assert.True(t, w.metricsUnit().Clients[0].PluginFailing)
}
