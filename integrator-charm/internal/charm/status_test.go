package charm

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"connectcharms/integrator-charm/internal/connectors"
	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/hook"
)

// setStatus gives the one connector of a world at rest another status.
func setStatus(status connect.Status) func(*World) {
	return func(w *World) {
		connector := w.Clusters[0].Connectors["lines"]
		connector.Status = status
		w.Clusters[0].Connectors["lines"] = connector
	}
}

func TestTheStatusSaysWhatStandsInTheWay(t *testing.T) {
	t.Parallel()
	failed := func(cause error) func(*World) {
		return func(w *World) {
			w.Clusters[0].Failed = map[string]error{"lines": cause}
			w.Clusters[0].Connectors = map[string]Connector{}
		}
	}
	problem := func(cause error) func(*World) {
		return func(w *World) { w.Clusters[0] = Cluster{Relation: 7, Provider: "kafka-connect", Problem: cause} }
	}
	cases := map[string]struct {
		change func(*World)
		name   hook.StatusName
		says   string
	}{
		"all runs":                   {func(*World) {}, hook.Active, "1 connector, 1 task running"},
		"no connectors":              {func(w *World) { w.Config.Connectors = nil }, hook.Active, "no connectors configured"},
		"another unit leads":         {func(w *World) { w.Leader, w.Clusters = false, nil }, hook.Active, "standby: the leader manages the connectors"},
		"another unit, wrong config": {func(w *World) { w.Leader, w.Config.ConnectorsProblem = false, "line 1" }, hook.Blocked, "line 1"},
		"no relation":                {func(w *World) { w.Clusters = nil }, hook.Blocked, "integrate connect-client with Kafka Connect"},
		"wrong connectors":           {func(w *World) { w.Config.ConnectorsProblem = "config connectors: line 3: x" }, hook.Blocked, "config connectors: line 3: x"},
		"wrong plugin":               {func(w *World) { w.Config.RequestProblem = "config plugin-url: x" }, hook.Blocked, "config plugin-url: x"},
		"the port is taken": {func(w *World) {
			w.NotRequested = &connectclient.NotReadyError{Reason: connectclient.ErrPlugin, Detail: "port in use"}
		}, hook.Blocked, "the plugin cannot be requested: port in use"},
		"no address":                  {func(w *World) { w.NotRequested = &connectclient.NotReadyError{Reason: connectclient.ErrNoAddress} }, hook.Waiting, "waiting for an address of this unit"},
		"a resource that is not read": {func(w *World) { w.Resource.Problem = "no controller" }, hook.Waiting, "waiting for the resource plugin: no controller"},
		"no credentials": {func(w *World) {
			w.Clusters[0] = Cluster{NotReady: &connectclient.NotReadyError{Reason: connectclient.ErrNotGranted, Provider: "kafka-connect"}}
		}, hook.Waiting, "kafka-connect: waiting for the provider to grant its secret"},
		"refused": {func(w *World) {
			w.Clusters[0] = Cluster{NotReady: &connectclient.NotReadyError{Reason: connectclient.ErrRefused, Detail: "a zip", Provider: "kafka-connect"}}
		}, hook.Blocked, "kafka-connect: refused by the provider: a zip"},
		"401":              {problem(&connect.APIError{Method: "GET", Path: "/connectors", Status: 401}), hook.Waiting, "waiting for kafka-connect: GET /connectors: 401"},
		"403":              {problem(&connect.APIError{Status: 403}), hook.Blocked, "403"},
		"no worker":        {problem(&connect.APIError{Status: 503}), hook.Waiting, "503"},
		"nobody answers":   {problem(fmt.Errorf("x: %w", connect.ErrUnavailable)), hook.Waiting, "no endpoint"},
		"a CA that is not": {problem(fmt.Errorf("x: %w: %w", connect.ErrUntrusted, connect.ErrUnavailable)), hook.Blocked, "no verified TLS"},
		"no time left":     {problem(context.DeadlineExceeded), hook.Waiting, "deadline"},

		"a change is refused":       {failed(fmt.Errorf("create: %w", &connect.APIError{Status: 400, Message: "bad topic"})), hook.Blocked, "connector lines: create: "},
		"a change meets rebalance":  {failed(&connect.APIError{Status: 409, Message: "rebalance"}), hook.Waiting, "waiting for connector lines: "},
		"an unknown plugin":         {failed(&connect.APIError{Status: 500, Message: "Failed to find any class that implements Connector"}), hook.Blocked, "Failed to find any class"},
		"created and not there yet": {func(w *World) { w.Clusters[0].Connectors = map[string]Connector{} }, hook.Waiting, "waiting for connector lines: not there yet"},

		"the connector failed":   {setStatus(states(connect.Failed, connect.Running)), hook.Blocked, "connector lines: FAILED"},
		"the last task failed":   {setStatus(states(connect.Running, connect.Running, connect.Running, connect.Failed)), hook.Blocked, "connector lines: task 2 FAILED"},
		"no tasks":               {setStatus(states(connect.Running)), hook.Waiting, "waiting for connector lines: no tasks yet"},
		"a task without worker":  {setStatus(states(connect.Running, connect.Running, connect.Unassigned)), hook.Waiting, "connector lines: task 1 is UNASSIGNED"},
		"no state at all":        {setStatus(connect.Status{}), hook.Waiting, "connector lines: it is UNASSIGNED"},
		"somebody has paused it": {setStatus(states(connect.Paused, connect.Paused)), hook.Waiting, "connector lines: it is PAUSED"},
		"trouble beside":         {func(w *World) { w.Clusters[0].Trouble = "no plugin" }, hook.Blocked, "kafka-connect: no plugin"},
		"blocked before waiting": {func(w *World) {
			w.Config.Connectors["a"] = config("/a")
			setStatus(states(connect.Running, connect.Failed))(w)
		}, hook.Blocked, "connector lines: task 0 FAILED"},
		"a second cluster": {func(w *World) {
			w.Clusters = append(w.Clusters, Cluster{Relation: 9, Provider: "other", Connectors: map[string]Connector{}})
		}, hook.Waiting, "waiting for other: connector lines: not there yet"},
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

func TestATraceIsShownByItsFirstLineWithoutSecrets(t *testing.T) {
	t.Parallel()
	w := inRest()
	w.Config.Connectors = connectors.Configs{"lines": {}}
	failed := states(connect.Running, connect.Failed)
	failed.Tasks[0].Trace = "ConnectException: jdbc:x://u:pw-in-url@h refused hunter2 of hunter22" + strings.Repeat(" long", 100) + "\n\tat Foo.java"
	w.Clusters[0].Connectors["lines"] = Connector{
		Config: map[string]string{"database.password": "hunter2", "sasl.jaas.config": "hunter22", "tiny.secret": "o"}, Status: failed,
	}
	got := status(w)
	assert.True(t, strings.HasPrefix(got.Message, "connector lines: task 0 FAILED: ConnectException: jdbc:x://***@h refused *** of *** long"), got.Message)
	assert.LessOrEqual(t, len([]rune(got.Message)), longest)
	assert.NotContains(t, got.Message, "Foo.java")
}

func TestWaitingEndsWhenLookingAgainShowsNothingNew(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*World)
		want   bool
	}{
		"all runs":     {func(*World) {}, true},
		"failed":       {setStatus(states(connect.Running, connect.Failed)), true},
		"paused":       {setStatus(states(connect.Paused, connect.Paused)), true},
		"no tasks yet": {setStatus(states(connect.Running)), false},
		"unassigned":   {setStatus(states(connect.Unassigned)), false},
		"not listed":   {func(w *World) { w.Clusters[0].Connectors = nil }, false},
		"not created":  {func(w *World) { w.Clusters[0] = Cluster{Failed: map[string]error{"lines": assert.AnError}} }, true},
	} {
		w := inRest()
		test.change(w)
		assert.Equal(t, test.want, w.isSettled(w.Clusters[0]), name)
	}
}

func TestTasksThatMoveToAnotherWorkerAreWaitedFor(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*World)
		want   Step
	}{
		"all runs":                {func(*World) {}, nil},
		"a task moves":            {setStatus(states(connect.Running, connect.Running, connect.Unassigned)), AwaitTasks{inRest().Clusters[0].Relation}},
		"the connector moves":     {setStatus(states(connect.Unassigned)), AwaitTasks{inRest().Clusters[0].Relation}},
		"failed":                  {setStatus(states(connect.Running, connect.Failed)), nil},
		"it has no tasks":         {setStatus(states(connect.Running)), nil},
		"another's has no worker": {func(w *World) { w.Clusters[0].Connectors["other"] = Connector{Status: states(connect.Unassigned)} }, nil},
	} {
		w := inRest()
		test.change(w)
		assert.Equal(t, test.want, awaitTasks(w), name)
	}
}
