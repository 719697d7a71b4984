package charm

import (
	"fmt"

	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/hook"
)

// status says in one line how the unit is: first what a person has to mend, then what is waited for. Every connector and
// every task is looked at.
func status(w *World) hook.Status {
	found := append(unitStatuses(w), connectorStatuses(w)...)
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
	for _, problem := range []string{w.Config.ConnectorsProblem, w.Config.RequestProblem} {
		if problem != "" {
			found = append(found, blocked("%s", problem))
		}
	}
	if w.Resource.Problem != "" {
		found = append(found, hook.Status{Name: hook.Waiting, Message: "waiting for the resource plugin: " + w.Resource.Problem}.Short())
	}
	if status, known := connectclient.Status(w.NotRequested); known {
		found = append(found, status.Short())
	}
	return found
}

// connectorStatuses ends with that of the connectors.
func connectorStatuses(w *World) []hook.Status {
	if !w.Leader {
		return []hook.Status{connectors.Status(connectors.Report{Standby: true})}
	}
	if len(w.Clusters) == 0 {
		return []hook.Status{blocked("integrate %s with Kafka Connect", endpoint)}
	}
	var found []hook.Status
	var reports []connectors.Report
	for _, cluster := range w.Clusters {
		if cluster.Trouble != "" {
			found = append(found, blocked("%s", cluster.Trouble))
		}
		reports = append(reports, cluster.Report)
	}
	return append(found, connectors.Status(reports...))
}

func blocked(format string, args ...any) hook.Status {
	return hook.Status{Name: hook.Blocked, Message: fmt.Sprintf(format, args...)}.Short()
}
