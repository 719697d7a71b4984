package manager

import (
	"time"

	"connectcharms/integrator-charm/internal/settings"
	"connectcharms/integrator-charm/internal/source"
	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/state"
)

// Cluster is one that is kept.
type Cluster struct {
	Name        string
	Endpoints   []string
	Environment string // of the state file
	Client      *connect.Client
	// Names tell the manager's connectors. Nil: their mark does.
	Names   connectors.Names
	Source  source.Source
	Secrets state.Secrets
	Rules   Rules
	// Digest changes with all of this. A cluster that has the same in a new configuration goes on undisturbed.
	Digest string
}

// Rules are how a cluster is kept.
type Rules struct {
	Active   bool          // false: it is only watched
	Interval time.Duration // between two looks at the state file, and at what has drifted
	Drift    settings.Drift
}

// owned are the cluster's connectors that are the file's. Without a file, it is those that most files would have.
func (c Cluster) owned(file *state.File) connectors.Owned {
	owned := connectors.Owned{Client: c.Client, Names: c.Names}
	switch {
	case c.Names != nil:
	case file != nil:
		owned.Mark = connectors.Mark(file.Manager)
	default:
		owned.Mark = state.DefaultManager
	}
	return owned
}
