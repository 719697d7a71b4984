package charm

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/connection"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/hook"
)

func TestTheStatusSaysWhatStandsInTheWay(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change func(*World)
		name   hook.StatusName
		says   string
	}{
		"all runs":                   {func(*World) {}, hook.Active, "1 connector, 1 task running"},
		"no connectors":              {func(w *World) { w.Clusters[0].Seen = &Seen{} }, hook.Active, "no connectors configured"},
		"another unit leads":         {func(w *World) { w.Leader = false }, hook.Active, "standby: the leader manages the connectors"},
		"another unit, wrong config": {func(w *World) { w.Leader, w.State.Problem = false, "line 1" }, hook.Blocked, "line 1"},
		"no relation":                {func(w *World) { w.Clusters = nil }, hook.Blocked, "integrate connect-client with Kafka Connect"},
		"no relation, no state":      {func(w *World) { w.Clusters, w.State = nil, StateFile{} }, hook.Blocked, "integrate connect-client with Kafka Connect"},
		"no state file":              {func(w *World) { w.State = StateFile{} }, hook.Blocked, "no state file: set state"},
		"wrong state file":           {func(w *World) { w.State.Problem = "config state: x (line 3, column 1)" }, hook.Blocked, "config state: x (line 3, column 1)"},
		"a secret is not granted":    {func(w *World) { w.Granted.StateProblem = "config state-secrets cannot be read" }, hook.Blocked, "config state-secrets cannot"},
		"wrong plugin":               {func(w *World) { w.Config.RequestProblem = "config plugin-url: x" }, hook.Blocked, "config plugin-url: x"},
		"the manager refuses":        {func(w *World) { w.Manager.Refused = "approvals: x" }, hook.Blocked, "refuses its configuration: approvals: x"},
		"the manager has ended":      {func(w *World) { w.Manager.Died = "port in use" }, hook.Blocked, "Connect Manager has ended: port in use"},
		"the source does not answer": {func(w *World) { w.Clusters[0].Seen.Problem = "state file: not found" }, hook.Blocked, "state file: not found"},
		"approvals are waited for":   {func(w *World) { w.Clusters[0].Seen.Waiting = "approval of 2 of the changes" }, hook.Waiting, "waiting for kafka-connect: approval of 2"},
		"the port is taken": {func(w *World) {
			w.NotRequested = &connectclient.NotReadyError{Reason: connectclient.ErrPlugin, Detail: "port in use"}
		}, hook.Blocked, "the plugin cannot be requested: port in use"},
		"no address":                  {func(w *World) { w.NotRequested = &connectclient.NotReadyError{Reason: connectclient.ErrNoAddress} }, hook.Waiting, "waiting for an address of this unit"},
		"a resource that is not read": {func(w *World) { w.Resource.Problem = "no controller" }, hook.Waiting, "waiting for the resource plugin: no controller"},
		"what a connector does":       {func(w *World) { w.Clusters[0].Seen.Report.Connectors[0].Exists = false }, hook.Waiting, "waiting for connector lines: not there yet"},
		"no credentials": {func(w *World) {
			w.Clusters[0].NotReady = &connectclient.NotReadyError{Reason: connectclient.ErrNotGranted, Provider: "kafka-connect"}
		}, hook.Waiting, "kafka-connect: waiting for the provider to grant its secret"},
		"trouble beside": {func(w *World) { w.Clusters[0].Trouble = "kafka-connect: no plugin" }, hook.Blocked, "kafka-connect: no plugin"},
		"blocked before waiting": {func(w *World) {
			w.Resource.Problem, w.Clusters[0].Trouble = "no controller", "kafka-connect: no plugin"
		}, hook.Blocked, "kafka-connect: no plugin"},
		"overlays that cannot be taken": {func(w *World) { w.Clusters[0].Overlays.Problem = "they cannot be read" }, hook.Blocked, "they cannot be read"},
		"credentials of a connection that have expired": {func(w *World) {
			w.Connections = []connection.Resource{reached("kafka-connect-kafka", connection.OfCharm, connection.Expired)}
		}, hook.Blocked, "connection kafka-connect-kafka is EXPIRED: authenticate: no"},
		"a connection that fails": {func(w *World) {
			w.Connections = []connection.Resource{reached("a", connection.OfAPI, connection.Success), reached("b", connection.OfAPI, connection.Failed)}
		}, hook.Waiting, "waiting for connection b, which is FAILED: authenticate: no"},
		"Kafka Connect itself is told of by its connectors": {func(w *World) {
			w.Connections = []connection.Resource{reached("context-kafka-connect", connection.OfContext, connection.Failed)}
		}, hook.Active, "1 connector, 1 task running"},
		"a second cluster": {func(w *World) {
			w.Clusters = append(w.Clusters, Cluster{Relation: 9, Provider: "other", Seen: &Seen{Report: runs("other")}})
			w.Clusters[1].Seen.Report.Connectors[0].Exists = false
		}, hook.Waiting, "waiting for other: connector lines: not there yet"},
		"two clusters": {func(w *World) {
			w.Clusters = append(w.Clusters, Cluster{Relation: 9, Provider: "other", Seen: &Seen{Report: runs("other")}})
		}, hook.Active, "2 connectors, 2 tasks running"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := inRest()
			test.change(w)
			got := status(w)
			assert.Equal(t, test.name, got.Name, got.Message)
			assert.Contains(t, got.Message, test.says)
		})
	}
}

// reached is a connection to a Kafka in a state.
func reached(id string, origin connection.Origin, state connection.State) connection.Resource {
	one := connection.Resource{Spec: connection.Spec{ID: id}, Metadata: connection.Metadata{Origin: origin}}
	one.Status.KafkaCluster = &connection.PartStatus{State: state, Errors: connection.Errors{"authenticate": {Message: "no"}}}
	return one
}

func TestTheManagersWordsBecomeTheStatus(t *testing.T) {
	t.Parallel()
	running := keptConnector{Name: "a", Owned: true, Wanted: "running", State: "RUNNING", Tasks: []keptTask{{State: "RUNNING"}}}
	failed := keptConnector{Name: "b", Owned: true, Wanted: "running", State: "RUNNING", Tasks: []keptTask{{ID: 1, State: "FAILED", Trace: "no way\n\tat Foo"}}}
	stopped := keptConnector{Name: "d", Owned: true, Wanted: "running", State: "STOPPED", Overlay: &keptOverlay{}}
	require.NoError(t, json.Unmarshal([]byte(`{"halted": {"reason": "tasks.max: it is not to be changed"}}`), stopped.Overlay))
	waits := running
	waits.Overlay = &keptOverlay{Waiting: "its secrets are on the way to the workers"}
	refused := connectors.Summary{Failed: []string{"c"}, Reasons: map[string]string{"c": "create: 400 bad"}}
	for says, test := range map[string]struct {
		status keptStatus
		all    []keptConnector
	}{
		"1 connector, 1 task running":        {keptStatus{Reachable: true}, []keptConnector{running}},
		"connector b: task 1 FAILED: no way": {keptStatus{Reachable: true}, []keptConnector{running, failed}},
		"connector c: create: 400 bad": {
			keptStatus{Reachable: true, LastSync: &keptSync{Summary: refused}},
			[]keptConnector{running, {Name: "c", Wanted: "running", State: missing}},
		},
		"waiting for connector c: not there yet": {keptStatus{Reachable: true}, []keptConnector{running, {Name: "c", Wanted: "running", State: missing}}},
		"1 connector paused":                     {keptStatus{Reachable: true}, []keptConnector{{Name: "a", Owned: true, Wanted: "paused", State: "PAUSED"}}},
		"state file: Cannot find field: x (line 3, column 5)": {
			keptStatus{Reachable: true, Problems: []stateProblem{{Line: 3, Column: 5, Message: "Cannot find field: x"}}}, []keptConnector{running},
		},
		"waiting for kafka-connect: 401 Unauthorized":                                                    {keptStatus{Error: "401 Unauthorized"}, nil},
		"waiting for kafka-connect: approval of 1 of the":                                                {keptStatus{Reachable: true, LastSync: &keptSync{Summary: connectors.Summary{Held: []string{"a"}}}}, []keptConnector{running}},
		"connector d: stopped, its control message does not conform: tasks.max: it is not to be changed": {keptStatus{Reachable: true}, []keptConnector{running, stopped}},
		"what connector a has changed: its secrets are on the way to the workers":                        {keptStatus{Reachable: true}, []keptConnector{waits}},
		"waiting for connector z: it is being deleted":                                                   {keptStatus{Reachable: true}, []keptConnector{{Name: "z", Owned: true, State: "RUNNING"}}},
	} {
		w := inRest()
		w.Clusters[0].Seen = seenOf(test.status, test.all)
		assert.Contains(t, status(w).Message, says)
	}
}
