package charm

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"connectcharms/provider-charm/internal/worker"
	"connectcharms/requirer-lib/atomicfile"
	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/hook"
	"connectcharms/schemas"
)

// listingPatience bounds the one request for all connectors.
const listingPatience = 5 * time.Second

// Failing is a connector that has failed, itself or in some of its tasks. Kafka Connect does not start it again.
type Failing struct {
	Connector string `json:"connector"`
	Relation  string `json:"relation,omitempty"` // that its name is marked with
	Reason    string `json:"reason"`
}

// observeFailing has the leader look for connectors that have failed in each update-status; in other hooks it goes by what
// it found then.
func (u *unit) observeFailing(ctx context.Context, w *World) error {
	if !w.Leader {
		return nil
	}
	document, err := os.ReadFile(u.layout.failingFile())
	if err == nil {
		err = json.Unmarshal(document, &w.NotedFailing)
	}
	if err != nil { // never looked, or a damaged note
		w.NotedFailing = nil
	}
	w.Failing = w.NotedFailing
	if w.Event.Kind != hook.UpdateStatus || !w.Services.WorkerReady {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, listingPatience)
	defer cancel()
	listed, err := u.rest.Connectors(limited)
	if err != nil {
		u.log.Warn("the connectors could not be looked at; tried again in the next update-status", "error", err)
		return nil
	}
	w.Failing = failingOf(listed)
	return nil
}

// noteFailing keeps what the leader has found for the hooks that follow.
func noteFailing(w *World) Step {
	if !w.Leader || slices.Equal(w.Failing, w.NotedFailing) {
		return nil
	}
	return NoteFailing{Failing: w.Failing}
}

// NoteFailing notes the connectors that have failed.
type NoteFailing struct{ Failing []Failing }

func (s NoteFailing) Apply(_ context.Context, u *unit, w *World) error {
	document, err := json.Marshal(s.Failing)
	if err != nil {
		return err
	}
	w.NotedFailing = s.Failing
	return atomicfile.Write(u.layout.failingFile(), document, 0o600)
}

// maxFailing is how many failing connectors are remembered: who has more looks at the metrics.
const maxFailing = 100

func failingOf(listed map[string]connect.ListedConnector) (found []Failing) {
	for _, name := range slices.Sorted(maps.Keys(listed)) {
		reason := failure(listed[name])
		if reason == "" {
			continue
		}
		relation, _ := schemas.ConnectorRelation(name)
		found = append(found, Failing{Connector: name, Relation: relation, Reason: reason})
		if len(found) == maxFailing {
			break
		}
	}
	return found
}

// failure is what has failed of a connector, and why; empty when nothing has.
func failure(listed connect.ListedConnector) string {
	if listed.Status.Connector.State == connect.Failed {
		return "failed" + because(listed.Status.Connector.Trace, listed.Info.Config)
	}
	var failed []connect.TaskState
	for _, task := range listed.Status.Tasks {
		if task.State == connect.Failed {
			failed = append(failed, task)
		}
	}
	switch len(failed) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("task %d failed%s", failed[0].ID, because(failed[0].Trace, listed.Info.Config))
	default:
		return fmt.Sprintf("%d tasks failed%s", len(failed), because(failed[0].Trace, listed.Info.Config))
	}
}

func because(trace string, config map[string]string) string {
	if reason := worker.Reason(trace, config); reason != "" {
		return ": " + reason
	}
	return ""
}

// failingStatus names the first failing connector behind what the status says otherwise. It blocks nobody: the worker
// does its work, and only the connector's owner can mend it.
func (w *World) failingStatus() string {
	if len(w.Failing) == 0 {
		return ""
	}
	first := w.Failing[0]
	text := fmt.Sprintf("; connector %s", first.Connector)
	if app := w.applicationOf(first.Relation); app != "" {
		text += " of " + app
	}
	text += " " + first.Reason
	if more := len(w.Failing) - 1; more > 0 {
		text += fmt.Sprintf(" (and %d more: run list-connectors)", more)
	}
	return text
}

// failures is what a requirer is told of its own connectors: for its information, since all else works.
func (w *World) failures(relation hook.RelationID) (told []schemas.StatusEntry) {
	for _, failing := range w.Failing {
		if failing.Relation != relation.String() {
			continue
		}
		told = append(told, schemas.StatusEntry{
			Code: schemas.Information, Message: "connector " + failing.Connector + " " + failing.Reason,
			Resolution: "mend what it says, then restart the connector or its tasks",
		})
		if len(told) == maxTold {
			break
		}
	}
	return told
}

const maxTold = 3 // a databag is no log

// applicationOf is the application of a relation, by the text of its ID; empty where there is none.
func (w *World) applicationOf(relation string) string {
	for _, related := range w.Relations {
		if related.ID.String() == relation {
			return related.App
		}
	}
	return ""
}

// maxListed bounds what the action gives: it goes through Juju's database.
const maxListed = 1000

// listConnectors says of every connector whose it is, how it and its tasks are, and where they run.
func listConnectors(ctx context.Context, u *unit, w *World) (map[string]string, error) {
	if !w.Services.WorkerReady {
		return nil, refuse("this unit's worker is not ready: %s", or(w.Services.WorkerReason, "ask another unit"))
	}
	limited, cancel := context.WithTimeout(ctx, listingPatience)
	defer cancel()
	listed, err := u.rest.Connectors(limited)
	if err != nil {
		return nil, refuse("the worker gives no list of connectors: %v", err)
	}
	results := map[string]string{"connectors": strconv.Itoa(len(listed)), "failed": strconv.Itoa(len(failingOf(listed)))}
	for i, name := range slices.Sorted(maps.Keys(listed)) {
		if i == maxListed {
			results["left-out"] = strconv.Itoa(len(listed) - maxListed)
			break
		}
		results[fmt.Sprintf("connector-%04d", i+1)] = w.describe(name, listed[name])
	}
	return results, nil
}

// describe is a line on one connector: its state and worker, its tasks by state and worker, whose it is, what is wrong.
func (w *World) describe(name string, listed connect.ListedConnector) string {
	parts := []string{w.inState(listed.Status.Connector.State, 0, listed.Status.Connector.WorkerID)}
	tasks := map[connect.State][]string{}
	for _, task := range listed.Status.Tasks {
		tasks[task.State] = append(tasks[task.State], task.WorkerID)
	}
	for _, state := range slices.Sorted(maps.Keys(tasks)) {
		parts = append(parts, w.inState(state, len(tasks[state]), tasks[state]...))
	}
	if len(tasks) == 0 {
		parts = append(parts, "no tasks")
	}
	if relation, marked := schemas.ConnectorRelation(name); marked {
		parts = append(parts, fmt.Sprintf("of %s (relation %s)", or(w.applicationOf(relation), "a client that is gone"), relation))
	}
	if reason := failure(listed); reason != "" {
		parts = append(parts, reason)
	}
	return name + ": " + strings.Join(parts, "; ")
}

func (w *World) inState(state connect.State, tasks int, workers ...string) string {
	units := make([]string, 0, len(workers))
	for _, id := range workers {
		units = append(units, w.unitOf(id))
	}
	slices.Sort(units)
	text := strings.ToLower(string(cmp.Or(state, connect.Unassigned))) + " on " + strings.Join(slices.Compact(units), ", ")
	switch tasks {
	case 0:
		return text
	case 1:
		return "1 task " + text
	default:
		return fmt.Sprintf("%d tasks %s", tasks, text)
	}
}

// workerID is what Kafka Connect calls the worker of a unit: what it advertises.
func workerID(report Report) string {
	return net.JoinHostPort(report.Address, strconv.Itoa(worker.InternalPort))
}

// unitOf is the unit whose worker has an ID; the ID, where it is no unit's.
func (w *World) unitOf(id string) string {
	units := w.units()
	for _, unit := range sortedKeys(units) {
		if workerID(units[unit]) == id {
			return unit
		}
	}
	return or(id, "no worker")
}
