package state

import (
	"fmt"
	"slices"

	"connectcharms/requirer-lib/connect"
)

// Fields by place, in the order in which they are read: an environment speaks of connectors that there are.
var (
	fileFields        = []string{"manager", "defaults", "connectors", "environments"}
	environmentFields = []string{"defaults", "connectors"}
	defaultsFields    = []string{inOwner, "paused", inState, inConfig, inLabels, inRestart, inProtected, inControl, inConnections}
	overlayFields     = []string{inOwner, "paused", inState, inConfig, inLabels, inOffsets, inRestart, inProtected, inControl, inConnections}
	connectorFields   = append([]string{"name"}, overlayFields...)
)

// inDefinition is how an unknown field of a connector has always been told: people and scripts know the line.
const inDefinition = "message com.massmutual.streaming.model.SPConnectorDefinition"

// reader reads what one part of the file says, and finds fault with it.
type reader struct {
	*findings
	what      string // the part: connector a, environment production
	connector string // whose part it is; empty: not one's
	overlay   bool   // it may take away what another part says, by null
}

// wrong finds fault with a field; about says with which, as its reader knows it.
func (r reader) wrong(at place, about, format string, args ...any) {
	message := r.what
	if about != "" {
		message += ": " + shown(about)
	}
	message += " " + fmt.Sprintf(format, args...)
	r.add(Problem{Line: at.line, Column: at.column, Connector: r.connector, Field: shown(about), Message: message})
}

// unknown tells of a field that there is none of.
func (r reader) unknown(e entry, about, where string, known []string) {
	name := e.key
	if about != "" {
		name = about + "." + e.key
	}
	r.add(Problem{
		Line: e.line, Column: e.column, Connector: r.connector, Field: shown(name),
		Message: fmt.Sprintf("Cannot find field: %s in %s", shown(e.key), where), Nearest: r.nearest(e.key, known),
	})
}

// is says whether a value is of a kind, and finds fault where it is not.
func (r reader) is(n *node, about string, wanted kind) bool {
	if n.kind == wanted {
		return true
	}
	switch {
	case n.kind == broken:
	case n.kind == null:
		r.wrong(n.place, about, "has no value: it must be %s", wanted)
	case wanted == text && n.isScalar():
		r.wrong(n.place, about, "must be a text, and is %s: put it in quotes", n.kind)
	default:
		r.wrong(n.place, about, "must be %s, and is %s", wanted, n.kind)
	}
	return false
}

// layer reads the fields of an entry, or of what is merged with entries.
func (r reader) layer(n *node, where string, known []string) layer {
	said := layer{}
	var paused, state *entry
	for _, e := range n.entries {
		if !slices.Contains(known, e.key) {
			r.unknown(e, "", where, known)
			continue
		}
		switch e.key {
		case "paused":
			paused = &e
		case inState:
			state = &e
		default:
			r.section(said, e)
		}
	}
	r.state(said, paused, state)
	return said
}

func (r reader) section(into layer, e entry) {
	switch e.key {
	case inOwner:
		r.byKey(into, e, r.ownerField)
	case inConfig:
		r.byKey(into, e, r.configKey)
	case inLabels:
		r.byKey(into, e, r.label)
	case inRestart:
		r.byKey(into, e, r.restartField)
	case inControl:
		r.byKey(into, e, r.controlField)
	case inOffsets:
		if offsets, ok := r.offsets(e.value); ok {
			into[field{inOffsets, ""}] = said{e.place, offsets}
		}
	case inConnections:
		if ids, ok := r.connections(e.value); ok {
			into[field{inConnections, ""}] = said{e.place, ids}
		}
	case inProtected:
		if r.is(e.value, inProtected, boolean) {
			into[field{inProtected, ""}] = said{e.place, isTrue(e.value)}
		}
	}
}

// faulty is what a section says where fault has been found with it: nothing more is to be concluded from it.
type faulty struct{}

// byKey reads a section that is merged by key. Read gives a key's value; it has found fault where that is nil.
func (r reader) byKey(into layer, section entry, read func(e entry, about string) any) {
	isFaulty := !r.is(section.value, section.key, mapping) || section.value.partial
	for _, e := range section.value.entries {
		of := field{section.key, e.key}
		switch {
		case e.value.kind == null && r.overlay:
			into[of] = said{e.place, nil}
		case e.value.kind == null:
			r.wrong(e.place, of.String(), `has no value: write "" for an empty one`)
			isFaulty = true
		default:
			value := read(e, of.String())
			isFaulty = isFaulty || value == nil
			if value != nil {
				into[of] = said{e.place, value}
			}
		}
	}
	if isFaulty {
		into[field{section.key, ""}] = said{section.place, faulty{}}
	}
}

// state reads the one thing that has two words.
func (r reader) state(into layer, paused, state *entry) {
	if paused != nil && state != nil {
		later := paused.place
		if later.compare(state.place) < 0 {
			later = state.place
		}
		r.wrong(later, inState, "and paused say the same: write one of them")
		return
	}
	if paused != nil && r.is(paused.value, "paused", boolean) {
		is := connect.Running
		if isTrue(paused.value) {
			is = connect.Paused
		}
		into[field{inState, ""}] = said{paused.place, is}
	}
	if state != nil && r.is(state.value, inState, text) {
		is, known := states[state.value.value]
		if !known {
			r.add(Problem{
				Line: state.value.line, Column: state.value.column, Connector: r.connector, Field: inState,
				Message: r.what + ": state must be running, paused or stopped", Nearest: r.nearest(state.value.value, stateNames),
			})
			return
		}
		into[field{inState, ""}] = said{state.place, is}
	}
}

var (
	states     = map[string]connect.State{"running": connect.Running, "paused": connect.Paused, "stopped": connect.Stopped}
	stateNames = []string{"running", "paused", "stopped"}
)

func isTrue(n *node) bool { return n.value == "true" || n.value == "True" || n.value == "TRUE" }
