package connectors

import (
	"connectcharms/requirer-lib/connect"
)

// Action is one thing to do to a connector.
type Action string

// The actions.
const (
	Create     Action = "create"      // in its state; where it has offsets, stopped
	Adopt      Action = "adopt"       // another's becomes the owner's, with the desired configuration
	Update     Action = "update"      // its configuration
	SetOffsets Action = "set-offsets" // of a new one, and its configuration
	Pause      Action = "pause"
	Resume     Action = "resume"
	Stop       Action = "stop"
	Restart    Action = "restart" // what has failed of it
	Delete     Action = "delete"
)

// creation is what makes a connector. One with offsets is stopped and marked until it has them: so whoever finds it, after
// this one was interrupted, goes on.
func creation(wanted Connector) []Action {
	if len(wanted.Offsets) == 0 {
		return []Action{Create}
	}
	all := []Action{Create, SetOffsets}
	if move, _ := transition(wanted.state(), connect.Stopped); move != "" {
		all = append(all, move)
	}
	return all
}

// actions are those on a connector that is there; write is the one that gives it its configuration, if it is given one. An
// old configuration is not set going, nor a new one while the connector is to rest: so a connector rests before its
// update, and gets going after it. Offsets are set while it is stopped.
func actions(wanted Connector, found Found, write Action, restartFailed bool) (all []Action) {
	state, status := wanted.state(), found.Status
	if write == SetOffsets && status.Connector.State != connect.Stopped {
		all = append(all, Stop)
		status = connect.Status{Connector: connect.ConnectorState{State: connect.Stopped}}
	}
	move, rests := transition(state, status.Connector.State)
	if move != "" && rests {
		all = append(all, move)
	}
	if write != "" {
		all = append(all, write)
	}
	if move != "" && !rests {
		all = append(all, move)
	}
	if write == "" && needsRestart(state, status, restartFailed) {
		all = append(all, Restart) // another configuration is one
	}
	return all
}

// transition is what brings a connector from one state to another, and whether it is then at rest, or more so than
// before. It is empty where nothing is to be done.
func transition(wanted, found connect.State) (action Action, rests bool) {
	switch wanted {
	case connect.Running:
		if found == connect.Paused || found == connect.Stopped {
			return Resume, false
		}
	case connect.Paused:
		if found == connect.Running || found == connect.Failed || found == connect.Stopped {
			return Pause, found != connect.Stopped
		}
	case connect.Stopped:
		if found == connect.Running || found == connect.Failed || found == connect.Paused {
			return Stop, true
		}
	}
	return "", false
}

// needsRestart: a connector that is FAILED notes that it is paused, and shows it when it is restarted: without running.
func needsRestart(wanted connect.State, found connect.Status, restartFailed bool) bool {
	if wanted == connect.Paused {
		return found.Connector.State == connect.Failed
	}
	return wanted == connect.Running && restartFailed && found.AnyFailed()
}
