package connectors

import (
	"slices"

	"connectcharms/requirer-lib/connect"
)

// isPending says whether looking again may show something new.
func (r *run) isPending() bool {
	for name := range r.records {
		if r.isConnectorPending(name) {
			return true
		}
	}
	return false
}

func (r *run) isConnectorPending(name string) bool {
	record := r.records[name]
	wanted, isDesired := r.desired[name]
	found, exists := r.there[name]
	hasActed := len(record.tried) > 0
	switch {
	case record.err != nil || record.held != "":
		return len(record.done) > 0 && record.since == r.looks // half of a change is to be seen once
	case !isDesired:
		return exists && hasActed
	case r.isBeyondPlan(name):
		return false
	case !exists:
		return hasActed
	case isMoving(found.Status):
		return true
	}
	return hasActed && !r.hasArrived(wanted, found, r.looks-record.since)
}

// isBeyondPlan says whether a connector needs what this call is not to do: then it will not get as it is desired.
func (r *run) isBeyondPlan(name string) bool {
	return r.planned != nil && slices.ContainsFunc(r.changeOf(name, r.desired, r.there, r.options).Actions, func(action Action) bool {
		return !slices.Contains(r.planned[name], action)
	})
}

// isMoving says whether a connector or a task is without a worker, as while workers share them out anew: that passes in
// seconds, and no hook would tell of its end.
func isMoving(status connect.Status) bool {
	isUnderWay := func(state connect.State) bool {
		return state == connect.Unassigned || state == connect.Restarting
	}
	return isUnderWay(status.Connector.State) ||
		slices.ContainsFunc(status.Tasks, func(task connect.TaskState) bool { return isUnderWay(task.State) })
}

// looksAtFailure is how often a failure is seen after a change before it is believed: the first look may still show what
// was before.
const looksAtFailure = 2

// hasArrived says whether a connector that was changed shows what came of it, looks after the change.
func (r *run) hasArrived(wanted Connector, found Found, looks int) bool {
	if found.Status.AnyFailed() && wanted.state() == connect.Running {
		return looks >= looksAtFailure
	}
	if r.write(wanted, found, difference(wanted, found)) != "" || found.Status.Connector.State != wanted.state() {
		return false
	}
	tasks := found.Status.Tasks
	switch wanted.state() {
	case connect.Paused:
		return !slices.ContainsFunc(tasks, func(task connect.TaskState) bool { return task.State == connect.Running })
	case connect.Stopped:
		return len(tasks) == 0
	}
	return found.Status.AllRunning()
}
