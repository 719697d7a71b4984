package manager

import (
	"time"

	"connectcharms/integrator-charm/internal/overlay"
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
	// Owned are the connectors of a state file's manager on this cluster.
	Owned   func(manager string) connectors.Owned
	Source  source.Source
	Secrets state.Secrets
	// Vault is how secrets that connectors change themselves reach the workers. Nil: there is no way.
	Vault overlay.Vault
	Rules Rules
	// Digest changes with all of this. A cluster that has the same in a new configuration goes on undisturbed.
	Digest string
}

// Rules are how a cluster is kept.
type Rules struct {
	Active   bool          // false: it is only watched
	Interval time.Duration // between two looks at the state file, and at what has drifted
	Drift    settings.Drift
}

// owned are the connectors of a file. Without one, they are those that most files would have.
func (c Cluster) owned(file *state.File) connectors.Owned {
	if file == nil {
		return c.Owned(state.DefaultManager)
	}
	return c.Owned(file.Manager)
}

func (c Cluster) client() *connect.Client { return c.owned(nil).Client }
