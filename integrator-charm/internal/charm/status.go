package charm

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/hook"
)

// status says in one line how the unit is: first what a person has to mend, then what is waited for. Every connector and
// every task is looked at.
func status(w *World) hook.Status {
	found := unitStatuses(w)
	if w.Leader {
		found = append(found, clusterStatuses(w)...)
	}
	for _, name := range []hook.StatusName{hook.Blocked, hook.Waiting} {
		for _, status := range found {
			if status.Name == name {
				return status
			}
		}
	}
	if !w.Leader {
		return hook.Status{Name: hook.Active, Message: "standby: the leader manages the connectors"}
	}
	return hook.Status{Name: hook.Active, Message: summary(w)}
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
		found = append(found, waiting("the resource plugin: %s", w.Resource.Problem))
	}
	if status, known := connectclient.Status(w.NotRequested); known {
		found = append(found, hook.Status{Name: status.Name, Message: cut(status.Message)})
	}
	return found
}

func clusterStatuses(w *World) []hook.Status {
	if len(w.Clusters) == 0 {
		return []hook.Status{blocked("integrate %s with Kafka Connect", endpoint)}
	}
	var found []hook.Status
	for _, cluster := range w.Clusters {
		status, notReady := connectclient.Status(cluster.NotReady)
		switch {
		case notReady:
			found = append(found, hook.Status{Name: status.Name, Message: cut(status.Message)})
			continue
		case cluster.Problem != nil:
			found = append(found, restStatus(cluster.Provider, cluster.Problem))
		}
		found = append(found, w.connectorStatuses(cluster)...)
		if cluster.Trouble != "" {
			found = append(found, blocked("%s: %s", cluster.Provider, cluster.Trouble))
		}
	}
	return found
}

// restStatus is the status for what Kafka Connect answered. An account that is not accepted is waited for: a provider's
// gateways may learn of it a moment after the relation.
func restStatus(what string, err error) hook.Status {
	passing := []error{connect.ErrUnauthorized, connect.ErrUnavailable, connect.ErrRebalancing, connect.ErrNotFound, context.DeadlineExceeded}
	for _, kind := range passing {
		if errors.Is(err, kind) && !errors.Is(err, connect.ErrUntrusted) {
			return waiting("%s: %v", what, err)
		}
	}
	return blocked("%s: %v", what, err)
}

// connectorStatuses speaks of every connector that should be there, and of changes that failed.
func (w *World) connectorStatuses(cluster Cluster) []hook.Status {
	var found []hook.Status
	for _, name := range slices.Sorted(maps.Keys(cluster.Failed)) {
		found = append(found, restStatus(w.named(cluster, name), cluster.Failed[name]))
	}
	if cluster.Connectors == nil {
		return found
	}
	for _, name := range slices.Sorted(maps.Keys(w.Config.Connectors)) {
		connector, there := cluster.Connectors[name]
		what := w.named(cluster, name)
		if failure := connector.failure(); failure != "" {
			found = append(found, blocked("%s: %s", what, failure))
			continue
		}
		switch idle := connector.idle(); {
		case !there && cluster.Failed[name] == nil:
			found = append(found, waiting("%s: not there yet", what))
		case there && idle != "":
			found = append(found, waiting("%s: %s", what, idle))
		}
	}
	return found
}

// named names a connector, with its cluster where there is more than one.
func (w *World) named(cluster Cluster, name string) string {
	if len(w.Clusters) > 1 {
		return fmt.Sprintf("%s: connector %s", cluster.Provider, name)
	}
	return "connector " + name
}

// failure is what has failed for good: the connector itself, or the first of its tasks that has.
func (c Connector) failure() string {
	if c.Status.Connector.State == connect.Failed {
		return c.failed("", c.Status.Connector.Trace)
	}
	for _, task := range c.Status.Tasks {
		if task.State == connect.Failed {
			return c.failed(fmt.Sprintf("task %d ", task.ID), task.Trace)
		}
	}
	return ""
}

func (c Connector) failed(what, trace string) string {
	text := what + string(connect.Failed)
	if line := firstLine(connect.Redact(trace, c.Config)); line != "" {
		text += ": " + line
	}
	return text
}

// idle is what does not run (yet).
func (c Connector) idle() string {
	if state := c.Status.Connector.State; state != connect.Running {
		return "it is " + string(orUnassigned(state))
	}
	if len(c.Status.Tasks) == 0 {
		return "no tasks yet"
	}
	for _, task := range c.Status.Tasks {
		if task.State != connect.Running {
			return fmt.Sprintf("task %d is %s", task.ID, orUnassigned(task.State))
		}
	}
	return ""
}

// isHeld says whether a person has paused or stopped the connector: waiting alone will not make it run.
func (c Connector) isHeld() bool {
	return c.Status.Connector.State == connect.Paused || c.Status.Connector.State == connect.Stopped
}

func orUnassigned(state connect.State) connect.State {
	if state == "" {
		return connect.Unassigned
	}
	return state
}

// summary counts what runs.
func summary(w *World) string {
	connectors, tasks := 0, 0
	for _, cluster := range w.Clusters {
		for name := range w.Config.Connectors {
			connectors++
			tasks += len(cluster.Connectors[name].Status.Tasks)
		}
	}
	if connectors == 0 {
		return "no connectors configured"
	}
	return fmt.Sprintf("%s, %s running", counted(connectors, "connector"), counted(tasks, "task"))
}

func counted(number int, what string) string {
	if number == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", number, what)
}

func blocked(format string, args ...any) hook.Status {
	return hook.Status{Name: hook.Blocked, Message: cut(fmt.Sprintf(format, args...))}
}

func waiting(format string, args ...any) hook.Status {
	return hook.Status{Name: hook.Waiting, Message: cut("waiting for " + fmt.Sprintf(format, args...))}
}

// longest is how much of a message fits a status line, in characters.
const longest = 240

func cut(message string) string {
	message = strings.Join(strings.Fields(message), " ")
	if runes := []rune(message); len(runes) > longest {
		return string(runes[:longest-1]) + "…"
	}
	return message
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(line)
}
