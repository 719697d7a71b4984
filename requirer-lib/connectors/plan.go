package connectors

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"connectcharms/requirer-lib/connect"
)

// Plan is what makes the connectors that are there the desired ones. It holds no secret of theirs, as JSON or printed.
type Plan struct {
	Changes   []Change `json:"changes"`   // ordered by name
	Unchanged []string `json:"unchanged"` // desired, and as desired
	// Overlays are, by connector, the keys that it has changed itself and that stay so.
	Overlays map[string][]string `json:"overlays,omitempty"`
}

// Change is what is to be done to one connector.
type Change struct {
	Name    string        `json:"name"`           // its owner's
	Actions []Action      `json:"actions"`        // in this order; where one fails, those after it are not tried
	Keys    []KeyChange   `json:"keys,omitempty"` // of its configuration, ordered by key; none for a deletion
	From    connect.State `json:"from,omitempty"` // its state; empty: it is not there
	To      connect.State `json:"to,omitempty"`   // empty: it is to be deleted
	// Offsets are where it begins, if one of the actions sets them.
	Offsets []connect.Offset `json:"offsets,omitempty"`
	Reason  string           `json:"reason,omitempty"`
	// Refused is why nothing of this is done before a person changes something.
	Refused string `json:"refused,omitempty"`
	// Held is what Options.Hold has said of it: nothing of this is done yet.
	Held string `json:"held,omitempty"`
}

// IsDue says whether the change is neither refused nor held.
func (c Change) IsDue() bool { return c.Refused == "" && c.Held == "" }

// Due are the changes that are neither refused nor held.
func (p Plan) Due() []Change {
	return slices.DeleteFunc(slices.Clone(p.Changes), func(change Change) bool { return !change.IsDue() })
}

// Why a change is refused, for errors.Is on Result.Err.
var (
	ErrNotOwned  = errors.New("a connector of this name is there and not this owner's: adopt it, or choose another name")
	ErrProtected = errors.New("it is protected from deletion: take that off first, while it is desired")
)

// Decide plans. It is a pure function. What is as it should be needs no change: Kafka Connect restarts a connector that is
// given the configuration it has.
//
// A connector that is UNASSIGNED or RESTARTING does not show whether it is paused or stopped: nothing is planned for its
// state until it does. What is neither desired nor owned is not looked at.
func (o Owned) Decide(desired Desired, there map[string]Found, options Options) Plan {
	desired = keepingAll(desired, there)
	names := map[string]bool{}
	for name := range desired {
		names[name] = true
	}
	for name, found := range there {
		names[name] = names[name] || found.Owned && !options.Keep
	}
	plan := Plan{Changes: []Change{}, Unchanged: []string{}}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if !names[name] {
			continue
		}
		if change := o.changeOf(name, desired, there, options); len(change.Actions) > 0 || change.Refused != "" {
			plan.Changes = append(plan.Changes, change)
		} else {
			plan.Unchanged = append(plan.Unchanged, name)
		}
		plan.notes(name, desired[name].Overlay)
	}
	return plan
}

// notes has the plan say which keys are not as declared, and stay so.
func (p *Plan) notes(name string, overlay *Overlay) {
	if overlay == nil || len(overlay.Keys) == 0 {
		return
	}
	if p.Overlays == nil {
		p.Overlays = map[string][]string{}
	}
	p.Overlays[name] = overlay.keys()
}

// changeOf decides on one connector.
//
//	            | not there | there, its own    | there, not its own | there, protected
//	desired     | create    | what differs      | adopt, or refused  | as its own
//	not desired |           | delete            |                    | refused
func (o Owned) changeOf(name string, desired Desired, there map[string]Found, options Options) Change {
	wanted, isDesired := desired[name]
	found, exists := there[name]
	change := Change{Name: name}
	if exists {
		change.From = found.Status.Connector.State
	}
	switch {
	case !isDesired:
		change.Actions, change.Reason = []Action{Delete}, "not desired any more"
	case !exists:
		change.To, change.Keys = wanted.state(), difference(wanted, found)
		change.Actions, change.Reason = creation(wanted), "not there"
	default:
		change.To, change.Keys = wanted.state(), difference(wanted, found)
		change.Actions = actions(wanted, found, o.write(wanted, found, change.Keys), options.RestartFailed)
		change.Reason = o.reason(wanted, found, change)
	}
	if change.Actions == nil {
		change.Actions = []Action{} // in JSON, too
	}
	if slices.Contains(change.Actions, SetOffsets) {
		change.Offsets = wanted.Offsets
	}
	if refusal := o.refusal(name, desired, there, options); refusal != nil {
		change.Refused, change.Keys = refusal.Error(), nil // another's configuration is not this owner's to show
	} else if len(change.Actions) > 0 && options.Hold != nil {
		change.Held = options.Hold(change)
	}
	return change
}

// refusal is why nothing may be done about a connector; nil where there is no reason.
func (o Owned) refusal(name string, desired Desired, there map[string]Found, options Options) error {
	wanted, isDesired := desired[name]
	found, exists := there[name]
	if !isDesired {
		if found.Protected {
			return ErrProtected
		}
		return nil
	}
	if err := o.checkDesired(name, wanted); err != nil {
		return err
	}
	if exists && !found.Owned && !options.adopts(name, found) {
		if found.Manager != "" {
			return fmt.Errorf("%w (it is that of %.100q)", ErrNotOwned, found.Manager)
		}
		return ErrNotOwned
	}
	return nil
}

func (o Owned) checkDesired(name string, wanted Connector) error {
	if err := wanted.check(name); err != nil {
		return err
	}
	return checkWhole(o.connectorName(name))
}

func (o Options) adopts(name string, found Found) bool {
	return slices.Contains(o.Adopt, name) || o.AdoptAll && found.Manager == ""
}

// write is which action, if any, brings a connector's configuration about.
func (o Owned) write(wanted Connector, found Found, keys []KeyChange) Action {
	switch {
	case !found.Owned:
		return Adopt
	case found.marks.pending && len(wanted.Offsets) > 0:
		return SetOffsets
	case len(keys) > 0 || found.marks != o.marksOf(wanted):
		return Update
	}
	return ""
}
