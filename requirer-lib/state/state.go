package state

import (
	"time"

	"connectcharms/requirer-lib/connect"
)

// DefaultManager is whose connectors those of a file are that names no manager.
const DefaultManager = "connect-manager"

// File is a state file, for one environment.
type File struct {
	// Manager is whose connectors these are: by this name they are marked in the cluster.
	Manager string
	// Connectors are in the order of the file.
	Connectors []Connector

	name  string           // Options.Name
	wrote map[string]whole // by connector: what the file says, and where
}

// Connector is one entry of a file, with what the defaults and the environment say of it.
type Connector struct {
	Name  string
	Owner Owner
	// State is connect.Running, Paused or Stopped.
	State connect.State
	// Config has neither the key name nor any that begins with connect.manager.
	Config map[string]Value
	Labels map[string]string
	// Offsets are where it begins when it is created; nil: where its plugin begins.
	Offsets []connect.Offset
	Restart Restart
	// Connections are IDs of those that it needs, beside the one to its Kafka Connect.
	Connections []string
	// Protected says that it is not to be deleted, also where it is no longer in the file.
	Protected bool
	// Control is what it may change of its own configuration.
	Control Control
}

// Owner is who is told about a connector. What is not known is empty.
type Owner struct {
	Team   string
	Email  string
	OnCall string // whatever the team calls it
	// Webhook is a URL that takes JSON, and Chat one that takes what Slack's does. Either may be a reference: who knows the
	// URL can write there.
	Webhook, Chat Value
}

// Restart is what is done about a connector, or a task of it, that has failed: it is restarted, each time after a longer
// wait, until there were so many attempts.
type Restart struct {
	Attempts   int           // 0: it is never restarted
	Backoff    time.Duration // before the first; twice as long before each that follows
	MaxBackoff time.Duration // that the wait grows to
	ResetAfter time.Duration // of running without a failure, that attempts are forgotten
}

// DefaultRestart is what holds for a connector where its file does not say.
var DefaultRestart = Restart{Attempts: 5, Backoff: 10 * time.Second, MaxBackoff: 10 * time.Minute, ResetAfter: time.Hour}
