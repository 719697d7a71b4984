package manager

import (
	"slices"
	"strings"
	"time"

	"connectcharms/integrator-charm/internal/controltopic"
	"connectcharms/integrator-charm/internal/overlay"
	"connectcharms/integrator-charm/internal/settings"
	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/state"
)

// ClusterInfo is one cluster in a list of them.
type ClusterInfo struct {
	Name      string   `json:"name"`
	Endpoints []string `json:"endpoints"`
	Reachable bool     `json:"reachable"`
	Error     string   `json:"error,omitempty"` // why it is not
}

// Status is how one cluster is kept.
type Status struct {
	Cluster     string         `json:"cluster"`
	Active      bool           `json:"active"` // false: another one works, this one only watches
	Source      string         `json:"source"`
	Environment string         `json:"environment,omitempty"`
	Revision    string         `json:"revision,omitempty"` // of the file that is in force
	Interval    string         `json:"interval"`
	Drift       settings.Drift `json:"drift"`
	Reachable   bool           `json:"reachable"`
	Error       string         `json:"error,omitempty"` // of the cluster
	Syncing     bool           `json:"syncing"`
	// Problems are those of the newest state file, where it is wrong; SourceError says why none could be read. The last
	// good one is in force then.
	Problems    []state.Problem `json:"problems"`
	SourceError string          `json:"sourceError,omitempty"`
	SourceRead  time.Time       `json:"sourceRead,omitzero"` // when the source last answered
	LastSync    *Sync           `json:"lastSync,omitempty"`
	NextSync    *time.Time      `json:"nextSync,omitempty"`
	Connectors  map[string]int  `json:"connectors"` // how many in which state
	Drifted     []string        `json:"drifted"`    // connectors that are not as the file has them
	GivenUp     []string        `json:"givenUp"`    // connectors that are not restarted any more
	Halted      []string        `json:"halted"`     // connectors that are kept stopped: a message of theirs did not conform
	// ControlTopic is how reading control messages from Kafka goes; nil: none are read.
	ControlTopic *controltopic.Health `json:"controlTopic,omitempty"`
}

// Sync is what one sync came to.
type Sync struct {
	At       time.Time          `json:"at"`
	By       string             `json:"by"`
	Revision string             `json:"revision,omitempty"`
	Result   string             `json:"result"`
	Error    string             `json:"error,omitempty"`
	Summary  connectors.Summary `json:"summary"`
	Run      int64              `json:"run"` // its number in the history
}

// Connector is one connector on a cluster.
type Connector struct {
	Name      string                 `json:"name"`      // in the state file
	Connector string                 `json:"connector"` // in Kafka Connect
	Owned     bool                   `json:"owned"`     // false: it belongs to no state file of this manager
	Owner     Owner                  `json:"owner"`
	Labels    map[string]string      `json:"labels"`
	Protected bool                   `json:"protected"`
	Wanted    string                 `json:"wanted,omitempty"` // running, paused or stopped; empty: the file does not name it
	State     connect.State          `json:"state"`            // Missing: the file has it, the cluster has not
	Type      connect.ConnectorType  `json:"type,omitempty"`
	Class     string                 `json:"class,omitempty"`
	Worker    string                 `json:"worker,omitempty"`
	Trace     string                 `json:"trace,omitempty"`
	TraceCut  bool                   `json:"traceCut,omitempty"` // of the connector or a task: there is more of it
	Tasks     []Task                 `json:"tasks"`
	Drift     []connectors.KeyChange `json:"drift"` // of its configuration
	Restarts  Restarts               `json:"restarts"`
	Overlay   *overlay.Shown         `json:"overlay,omitempty"` // what it has changed itself
}

// Owner is who is told about a connector. The addresses that owners are told at are not shown: who knows one can write there.
type Owner struct {
	Team   string `json:"team,omitempty"`
	Email  string `json:"email,omitempty"`
	OnCall string `json:"onCall,omitempty"`
}

// Missing is the state of a connector that the file has and the cluster has not.
const Missing connect.State = "MISSING"

// Task is one task of a connector.
type Task struct {
	ID     int           `json:"id"`
	State  connect.State `json:"state"`
	Worker string        `json:"worker,omitempty"`
	Trace  string        `json:"trace,omitempty"`
}

// Restarts are those of what has failed of a connector, since it last ran for long enough.
type Restarts struct {
	Attempts int        `json:"attempts"`
	Next     *time.Time `json:"next,omitempty"`
	GivenUp  bool       `json:"givenUp"`
}

// Plan is what a sync would do, or what waits to be approved.
type Plan struct {
	Warnings []string            `json:"warnings,omitempty"` // of connections that will not do, and that connectors to be created need
	ID       string              `json:"id"`                 // empty: nothing is to be done
	Created  time.Time           `json:"created,omitzero"`
	Revision string              `json:"revision,omitempty"`
	State    string              `json:"state"`
	Reason   string              `json:"reason,omitempty"`
	Changes  []connectors.Change `json:"changes"`
	// Overlays are, by connector, keys that it has changed itself, and that stay so.
	Overlays   map[string][]string `json:"overlays,omitempty"`
	Needs      []Need              `json:"needs"`
	Approvals  []Decision          `json:"approvals"`
	MayApprove bool                `json:"mayApprove"` // whoever asked
}

// Need is why a change waits.
type Need struct {
	Change    string   `json:"change"` // the connector's name
	Rule      string   `json:"rule"`
	Count     int      `json:"count"`     // how many people have to agree
	Approvers []string `json:"approvers"` // of these; none: whoever has the role
}

// Decision is what somebody said to a plan.
type Decision struct {
	Who     string    `json:"who"`
	When    time.Time `json:"when"`
	Comment string    `json:"comment"`
	Verdict string    `json:"verdict"` // approved or rejected
}

// Run is one entry of the history.
type Run struct {
	ID       int64              `json:"id"`
	At       time.Time          `json:"at"`
	Ended    time.Time          `json:"ended,omitzero"`
	By       string             `json:"by"`
	Kind     string             `json:"kind"`
	Revision string             `json:"revision,omitempty"`
	Result   string             `json:"result"`
	Error    string             `json:"error,omitempty"`
	Summary  connectors.Summary `json:"summary"`
	Plan     string             `json:"plan,omitempty"`
}

// Silence keeps owners from being told of connectors for a while.
type Silence struct {
	ID        string            `json:"id"`
	Cluster   string            `json:"cluster,omitempty"`
	Connector string            `json:"connector,omitempty"` // a pattern
	Team      string            `json:"team,omitempty"`
	Labels    map[string]string `json:"labels,omitempty"` // patterns, all of which have to fit
	Comment   string            `json:"comment"`
	By        string            `json:"by"`
	From      time.Time         `json:"from"`
	Until     time.Time         `json:"until"`
}

// Verb is what a person may do to a connector.
type Verb string

// The verbs.
const (
	Pause   Verb = "pause"
	Resume  Verb = "resume"
	Stop    Verb = "stop"
	Restart Verb = "restart" // it and all its tasks
	Delete  Verb = "delete"
)

// Results of a sync.
const (
	ResultOK     = "ok"
	ResultFailed = "failed" // some of it, or all
	ResultHeld   = "held"   // some of it waits for approval
)

// ListedStates are the names of the lists of connectors.
var ListedStates = []string{"running", "paused", "failed", "stopped", "unassigned"}

// ListedAs is the list that a connector is in. One of which a task has failed is failed; one that is on its way is unassigned.
func (c Connector) ListedAs() string {
	if slices.ContainsFunc(c.Tasks, func(task Task) bool { return task.State == connect.Failed }) {
		return "failed"
	}
	switch c.State {
	case connect.Running, connect.Paused, connect.Failed, connect.Stopped:
		return strings.ToLower(string(c.State))
	case connect.Unassigned, connect.Restarting:
		return "unassigned"
	}
	return ""
}
