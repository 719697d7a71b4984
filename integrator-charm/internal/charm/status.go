package charm

import (
	"fmt"

	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/connection"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/hook"
)

// status says in one line how the unit is: first what a person has to mend, then what is waited for. Every connector and
// every task is looked at.
func status(w *World) hook.Status {
	found := append(unitStatuses(w), managerStatuses(w)...)
	found = append(found, connectionStatuses(w)...)
	found = append(found, connectorStatuses(w)...)
	for _, name := range []hook.StatusName{hook.Blocked, hook.Waiting} {
		for _, status := range found {
			if status.Name == name {
				return status
			}
		}
	}
	return found[len(found)-1]
}

// unitStatuses speaks of what every unit has: the configuration and the plugin.
func unitStatuses(w *World) []hook.Status {
	var found []hook.Status
	for _, problem := range []string{w.State.Problem, w.Granted.StateProblem, w.Config.RequestProblem, w.serveProblem()} {
		if problem != "" {
			found = append(found, blocked("%s", problem))
		}
	}
	if w.State.Waiting != "" {
		found = append(found, waiting("%s", w.State.Waiting))
	}
	if w.Resource.Problem != "" {
		found = append(found, waiting("the resource plugin: %s", w.Resource.Problem))
	}
	if status, known := connectclient.Status(w.NotRequested); known {
		found = append(found, status.Short())
	}
	return found
}

// managerStatuses speaks of Connect Manager itself.
func managerStatuses(w *World) []hook.Status {
	switch {
	case w.Manager.Refused != "":
		return []hook.Status{blocked("Connect Manager refuses its configuration: %s", w.Manager.Refused)}
	case w.Manager.Died != "":
		return []hook.Status{blocked("Connect Manager has ended: %s", w.Manager.Died)}
	}
	return nil
}

// connectionStatuses speaks of connections that are not as they should be. Credentials that have expired, a person renews; what
// cannot be reached may come back. How Kafka Connect itself is, the manager has just said.
func connectionStatuses(w *World) []hook.Status {
	var found []hook.Status
	for _, one := range w.Connections {
		if one.Metadata.Origin == connection.OfContext {
			continue
		}
		for _, part := range one.Status.Parts() {
			switch status := one.Status.Part(part); status.State {
			case connection.Expired:
				found = append(found, blocked("connection %s is %s: %s", one.Spec.ID, status.State, status.Errors))
			case connection.Failed:
				found = append(found, waiting("connection %s, which is %s: %s", one.Spec.ID, status.State, status.Errors))
			}
		}
	}
	return found
}

// connectorStatuses ends with that of the connectors.
func connectorStatuses(w *World) []hook.Status {
	if len(w.Clusters) == 0 {
		return []hook.Status{blocked("integrate %s with Kafka Connect", endpoint)}
	}
	if w.State == (StateFile{}) {
		return []hook.Status{blocked("no state file: set state or state-source, or attach the resource state")}
	}
	if !w.Leader {
		return []hook.Status{connectors.Status(connectors.Report{Standby: true})}
	}
	var found []hook.Status
	var reports []connectors.Report
	for _, cluster := range w.Clusters {
		found = append(found, cluster.statuses()...)
		reports = append(reports, cluster.report())
	}
	return append(found, connectors.Status(reports...))
}

// statuses speaks of what is not of one connector.
func (c Cluster) statuses() []hook.Status {
	var found []hook.Status
	for _, problem := range []string{c.Trouble, c.Overlays.Problem} {
		if problem != "" {
			found = append(found, blocked("%s", problem))
		}
	}
	switch {
	case c.NotReady != nil: // its report says so
	case c.Seen == nil:
		found = append(found, waiting("%s to be looked at", c.Provider))
	case c.Seen.Problem != "":
		found = append(found, blocked("%s", c.Seen.Problem))
	case c.Seen.Waiting != "":
		found = append(found, waiting("%s: %s", c.Provider, c.Seen.Waiting))
	}
	return found
}

func (c Cluster) report() connectors.Report {
	switch {
	case c.NotReady != nil:
		return connectors.Report{Provider: c.Provider, Problem: c.NotReady}
	case c.Seen == nil:
		return connectors.Report{Provider: c.Provider}
	}
	return c.Seen.Report
}

func blocked(format string, args ...any) hook.Status {
	return hook.Status{Name: hook.Blocked, Message: fmt.Sprintf(format, args...)}.Short()
}

func waiting(format string, args ...any) hook.Status {
	return hook.Status{Name: hook.Waiting, Message: fmt.Sprintf("waiting for "+format, args...)}.Short()
}
