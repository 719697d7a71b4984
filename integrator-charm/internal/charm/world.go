package charm

import (
	"connectcharms/requirer-lib/connection"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/reconcile"
	"connectcharms/requirer-lib/secret"
	"connectcharms/schemas"
)

// World is all that the rules know. It is plain data: tests write it down.
type World struct {
	Event        hook.Event
	Layout       layout
	Leader       bool
	Leaving      bool // this unit is on its way out
	Config       Config
	Resource     Resource // the plugin
	NotRequested error    // why the plugin could not be served or requested: a connectclient.NotReadyError
	State        StateFile
	Granted      Granted
	Address      string // of this unit, for others; empty while Juju knows none
	Ports        Ports
	Program      Program
	Exec         string // Juju's command by which the manager has a hook run; empty: there is none
	Manager      Manager
	Clusters     []Cluster             // by relation id
	Connections  []connection.Resource // that the manager knows; of a leader whose manager was asked

	tried reconcile.Tried
}

// Resource is a file that is attached.
type Resource struct {
	File    string // empty: none
	Problem string // why it is not known whether there is one
}

// Program tells one build of the manager from another.
type Program struct{ Size, ModTime int64 }

// Cluster is one provider and the connectors there that are this relation's.
type Cluster struct {
	Relation hook.RelationID
	Provider string // its application
	MayEnd   bool   // this hook may be one of the relation's last
	NotReady error  // why it cannot be used: a connectclient.NotReadyError
	Trouble  string // of the provider's, that lasts; the connection is usable all the same

	Endpoints []string
	Username  string
	Password  secret.Value
	CA        string // PEM
	Suffix    string // of the names of this relation's connectors

	Place    schemas.SecretsPlace // where its workers have the files that are brought; zero: it brings none
	Kafka    string               // what it says of its Kafka, in JSON; empty: nothing
	Overlays Overlays

	Seen *Seen // nil: not looked at in this hook
}

// Seen is what the manager says of a cluster.
type Seen struct {
	Problem string            // with the state file, or why the manager does not answer
	Waiting string            // what passes, or what a person has to approve
	Report  connectors.Report // of the connectors
}

// cluster finds the one of a relation.
func (w *World) cluster(relation hook.RelationID) *Cluster {
	for i := range w.Clusters {
		if w.Clusters[i].Relation == relation {
			return &w.Clusters[i]
		}
	}
	return nil
}
