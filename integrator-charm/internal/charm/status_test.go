package charm

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"connectcharms/requirer-lib/connectclient"
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
		"no connectors":              {func(w *World) { w.Clusters[0].Report.Connectors = nil }, hook.Active, "no connectors configured"},
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
		"what a connector does":       {func(w *World) { w.Clusters[0].Report.Connectors[0].Exists = false }, hook.Waiting, "waiting for connector lines: not there yet"},
		"no credentials": {func(w *World) {
			w.Clusters[0].Report = connectors.Report{Problem: &connectclient.NotReadyError{Reason: connectclient.ErrNotGranted, Provider: "kafka-connect"}}
		}, hook.Waiting, "kafka-connect: waiting for the provider to grant its secret"},
		"trouble beside": {func(w *World) { w.Clusters[0].Trouble = "kafka-connect: no plugin" }, hook.Blocked, "kafka-connect: no plugin"},
		"blocked before waiting": {func(w *World) {
			w.Resource.Problem, w.Clusters[0].Trouble = "no controller", "kafka-connect: no plugin"
		}, hook.Blocked, "kafka-connect: no plugin"},
		"a second cluster": {func(w *World) {
			w.Clusters = append(w.Clusters, Cluster{Relation: 9, Report: runs("other")})
			w.Clusters[1].Report.Connectors[0].Exists = false
		}, hook.Waiting, "waiting for other: connector lines: not there yet"},
		"two clusters": {func(w *World) { w.Clusters = append(w.Clusters, Cluster{Relation: 9, Report: runs("other")}) }, hook.Active, "2 connectors, 2 tasks running"},
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
