package connectors

import (
	"maps"
	"slices"

	"connectcharms/requirer-lib/connect"
)

// Action is one thing to do to a connector.
type Action string

// The actions.
const (
	Create  Action = "create" // in its state
	Update  Action = "update" // its configuration
	Pause   Action = "pause"
	Resume  Action = "resume"
	Stop    Action = "stop"
	Restart Action = "restart" // what has failed of it
	Delete  Action = "delete"
)

// Change is what is to be done to one connector.
type Change struct {
	Name    string   // its owner's
	Actions []Action // in this order; where one fails, those after it are not tried
	Keys    []string // of the configuration, in which an update makes a difference
}

// Plan names what makes the connectors that are there the desired ones, ordered by name. It is a pure function. What is
// as it should be is left out: Kafka Connect restarts a connector that is given the configuration it has. So is what is
// wrong in itself, such as an illegal name.
//
// A connector that is UNASSIGNED or RESTARTING does not show whether it is paused or stopped: nothing is planned for its
// state until it does.
func Plan(desired Desired, there map[string]connect.ListedConnector, options Options) []Change {
	names := map[string]bool{}
	for name := range desired {
		names[name] = true
	}
	for name := range there {
		names[name] = true
	}
	var changes []Change
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if change := changeOf(name, desired, there, options); len(change.Actions) > 0 {
			changes = append(changes, change)
		}
	}
	return changes
}

func changeOf(name string, desired Desired, there map[string]connect.ListedConnector, options Options) Change {
	wanted, isDesired := desired[name]
	found, exists := there[name]
	change := Change{Name: name}
	switch {
	case isDesired && wanted.check(name) != nil:
	case !isDesired && !options.Keep:
		change.Actions = []Action{Delete}
	case !isDesired:
	case !exists:
		change.Actions = []Action{Create}
	default:
		change.Keys = difference(wanted.Config, found.Info.Config)
		change.Actions = actions(wanted.state(), found.Status, len(change.Keys) > 0, options.RestartFailed)
	}
	return change
}

// difference lists the keys that are not the same, without the one that Kafka Connect adds.
func difference(wanted, there map[string]string) (keys []string) {
	for key, value := range wanted {
		if found, is := there[key]; !is || found != value {
			keys = append(keys, key)
		}
	}
	for key := range there {
		if _, is := wanted[key]; !is && key != nameKey {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// actions are those on a connector that is there. An old configuration is not set going, nor a new one while the
// connector is to rest: so a connector rests before its update, and gets going after it.
func actions(wanted connect.State, found connect.Status, update, restartFailed bool) (all []Action) {
	move, rests := transition(wanted, found.Connector.State)
	if move != "" && rests {
		all = append(all, move)
	}
	if update {
		all = append(all, Update)
	}
	if move != "" && !rests {
		all = append(all, move)
	}
	if !update && needsRestart(wanted, found, restartFailed) {
		all = append(all, Restart) // an update is one
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
