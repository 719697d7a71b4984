package charm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"connectcharms/integrator-charm/internal/settings"
	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/hook"
)

// keepConnectors has the leader's manager make each relation's connectors those of the state file, once in a hook, and say
// how they are. The manager does so by itself, too; but who has changed the configuration sees it done when the hook ends.
func keepConnectors(w *World) Step {
	if !w.Leader || !w.Manager.Running || w.Manager.Given == nil {
		return nil
	}
	for _, cluster := range w.Clusters {
		if _, is := w.Manager.Given.Contexts[cluster.Provider]; !is || cluster.NotReady != nil || cluster.MayEnd {
			continue
		}
		step := KeepConnectors{Relation: cluster.Relation, OnlyLook: w.Config.Serve.Drift == settings.Report && !w.Manager.Changed}
		if step := w.once("connectors "+cluster.Relation.String(), step); step != nil {
			return step
		}
	}
	return nil
}

// lookAtConnections asks once in a hook how connections are.
func lookAtConnections(w *World) Step {
	if !w.Leader || !w.Manager.Running || w.Manager.Given == nil {
		return nil
	}
	return w.once("connections", LookAtConnections{})
}

// LookAtConnections asks the manager how connections are.
type LookAtConnections struct{}

func (LookAtConnections) Apply(ctx context.Context, u *unit, w *World) (err error) {
	if w.Connections, err = u.manager.connections(ctx); err != nil {
		u.log.Info("connections", "error", err)
	}
	return ctx.Err()
}

// KeepConnectors has the manager see to the connectors of one relation. OnlyLook leaves alone what is not as it should be.
type KeepConnectors struct {
	Relation hook.RelationID
	OnlyLook bool
}

// How long a hook may be busy with Kafka Connect. Juju runs a unit's hooks one after another: one that waits holds up
// the others.
const (
	syncPatience  = 30 * time.Second // all in all
	tasksPatience = 10 * time.Second // for tasks to run
	lookEvery     = 300 * time.Millisecond
)

func (s KeepConnectors) Apply(ctx context.Context, u *unit, w *World) error {
	if u.deadline.IsZero() {
		u.deadline = time.Now().Add(syncPatience)
	}
	limited, cancel := context.WithDeadline(ctx, u.deadline)
	defer cancel()
	cluster := w.cluster(s.Relation)
	cluster.Seen = u.keep(limited, cluster.Provider, s.OnlyLook)
	cluster.Seen.Report.Provider = cluster.Provider
	return ctx.Err()
}

// keep has a cluster seen to, and looks at what came of it until nothing is on its way any more.
func (u *unit) keep(ctx context.Context, cluster string, onlyLook bool) *Seen {
	if !onlyLook {
		if err := u.manager.sync(ctx, cluster); err != nil {
			u.log.Info("sync", "cluster", cluster, "error", err)
			if refused := new(refusal); !errors.As(err, &refused) {
				return &Seen{Waiting: err.Error()}
			}
		}
	}
	waited := time.Now().Add(tasksPatience)
	for {
		seen := u.look(ctx, cluster)
		if !seen.isMoving() || time.Now().After(waited) {
			return seen
		}
		select {
		case <-time.After(lookEvery):
		case <-ctx.Done():
			return seen
		}
	}
}

func (s *Seen) isMoving() bool {
	return s.Problem == "" && connectors.Status(s.Report).Name == hook.Waiting
}

// look asks the manager how a cluster is.
func (u *unit) look(ctx context.Context, cluster string) *Seen {
	status, err := u.manager.status(ctx, cluster)
	if err != nil {
		return &Seen{Waiting: err.Error()}
	}
	all, err := u.manager.connectors(ctx, cluster)
	if err != nil {
		return &Seen{Waiting: err.Error()}
	}
	return seenOf(status, all)
}

// seenOf is what the manager's documents come to.
func seenOf(status keptStatus, all []keptConnector) *Seen {
	seen := &Seen{}
	switch {
	case len(status.Problems) > 0:
		first := status.Problems[0]
		seen.Problem = fmt.Sprintf("state file: %s (line %d, column %d)", first.Message, first.Line, first.Column)
	case status.SourceError != "":
		seen.Problem = "state file: " + status.SourceError
	case !status.Reachable && status.Error != "":
		seen.Waiting = status.Error
	}
	failed := map[string]string{}
	if sync := status.LastSync; sync != nil {
		for _, name := range sync.Summary.Failed {
			failed[name] = cmp.Or(sync.Summary.Reasons[name], "it could not be made as the state file says")
		}
		if number := len(sync.Summary.Held); number > 0 && seen.Waiting == "" {
			seen.Waiting = fmt.Sprintf("approval of %d of the changes: run the action plan", number)
		}
	}
	for _, connector := range all {
		if why := connector.halted(); why != "" {
			failed[connector.Name] = why
		}
		if overlay := connector.Overlay; overlay != nil && overlay.Waiting != "" && seen.Waiting == "" {
			seen.Waiting = fmt.Sprintf("what connector %s has changed: %s", connector.Name, overlay.Waiting)
		}
		if connector.Owned || connector.Wanted != "" {
			seen.Report.Connectors = append(seen.Report.Connectors, connector.result(failed[connector.Name]))
		}
	}
	slices.SortFunc(seen.Report.Connectors, func(a, b connectors.Result) int { return cmp.Compare(a.Name, b.Name) })
	return seen
}

// missing is the state of a connector that the cluster does not have.
const missing connect.State = "MISSING"

// halted is why a connector is kept stopped; empty: it is not.
func (c keptConnector) halted() string {
	if c.Overlay == nil || c.Overlay.Halted == nil {
		return ""
	}
	return "stopped, its control message does not conform: " + c.Overlay.Halted.Reason
}

func (c keptConnector) result(failed string) connectors.Result {
	result := connectors.Result{Name: c.Name, Wanted: connect.State(strings.ToUpper(c.Wanted)), Exists: c.State != missing}
	result.Pending = c.Wanted == ""
	if failed != "" {
		result.Err = errors.New(failed)
	}
	if result.Exists {
		result.Status.Connector = connect.ConnectorState{State: c.State, Trace: c.Trace}
	}
	for _, task := range c.Tasks {
		result.Status.Tasks = append(result.Status.Tasks, connect.TaskState{ID: task.ID, State: task.State, Trace: task.Trace})
	}
	return result
}
