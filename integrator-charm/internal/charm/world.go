package charm

import (
	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/reconcile"
)

// World is all that the rules know. It is plain data: tests write it down.
type World struct {
	Event        hook.Event
	Leader       bool
	Leaving      bool // this unit is on its way out
	Config       Config
	Resource     Resource
	NotRequested error     // why the plugin could not be served or requested: a connectclient.NotReadyError
	Clusters     []Cluster // by relation id; seen by the leader only

	tried reconcile.Tried
}

// Resource is the plugin that is attached.
type Resource struct {
	File    string // empty: none
	Problem string // why it is not known whether there is one
}

// Cluster is one provider and the connectors there that are this relation's.
type Cluster struct {
	Relation hook.RelationID
	Provider string
	Trouble  string // of the provider's, that lasts; the connection is usable all the same
	NotReady error  // why there is no connection: a connectclient.NotReadyError
	Problem  error  // why Kafka Connect does not answer as it should

	Connectors map[string]Connector // as they are, by the names of the configuration
	Failed     map[string]error     // changes that failed in this hook, likewise
	Changed    bool                 // in this hook
}

// Connector is a connector as it is.
type Connector struct {
	Config map[string]string
	Status connect.Status
}

// isUsable says whether the connectors are known.
func (c Cluster) isUsable() bool { return c.NotReady == nil && c.Problem == nil }

// isMoving says whether a connector or a task is without a worker, as while workers share them out anew: that passes in
// seconds, and no hook would tell of its end.
func (w *World) isMoving(cluster Cluster) bool {
	for name := range w.Config.Connectors {
		connector, there := cluster.Connectors[name]
		if !there {
			continue
		}
		if connector.Status.Connector.State == connect.Unassigned {
			return true
		}
		for _, task := range connector.Status.Tasks {
			if task.State == connect.Unassigned {
				return true
			}
		}
	}
	return false
}

// isSettled says whether looking again would show nothing new: every connector runs with all its tasks, has failed, or
// is held.
func (w *World) isSettled(cluster Cluster) bool {
	for name := range w.Config.Connectors {
		connector, there := cluster.Connectors[name]
		switch {
		case !there && cluster.Failed[name] == nil:
			return false
		case there && connector.failure() == "" && connector.idle() != "" && !connector.isHeld():
			return false
		}
	}
	return true
}
