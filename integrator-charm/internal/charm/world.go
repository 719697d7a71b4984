package charm

import (
	"connectcharms/requirer-lib/connectors"
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
	Trouble  string            // of the provider's, that lasts; the connection is usable all the same
	Report   connectors.Report // of the connectors; empty where they were not looked at in this hook
}
