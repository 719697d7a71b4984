package state

import (
	"slices"

	"connectcharms/requirer-lib/connect"
)

// parts is a file as it is written, with nothing merged yet.
type parts struct {
	*findings
	name            string
	manager         string
	defaults        layer
	environments    map[string]environment
	environmentsAt  place
	connectors      []written
	connectorPlaces map[string]place
}

// written is an entry of connectors.
type written struct {
	place
	name  string
	layer layer
}

// parts reads the file's top; nil where it has none.
func (r reader) parts(root *node) *parts {
	r.what = "the file"
	if !r.is(root, "", mapping) {
		return nil
	}
	p := &parts{findings: r.findings, manager: DefaultManager, connectorPlaces: map[string]place{}}
	read := map[string]func(entry){
		"manager":      func(e entry) { r.manager(p, e.value) },
		"defaults":     func(e entry) { p.defaults = r.defaults(e.value) },
		"connectors":   func(e entry) { r.connectors(p, e.value) },
		"environments": func(e entry) { r.environments(p, e) },
	}
	there := map[string]entry{}
	for _, e := range root.entries {
		if read[e.key] == nil {
			r.unknown(e, "", "the file", fileFields)
		}
		there[e.key] = e
	}
	if there["connectors"].value == nil {
		r.wrong(root.place, "connectors", "is not there: for no connectors, which deletes all, write connectors: []")
	}
	for _, name := range fileFields {
		if e, is := there[name]; is {
			read[name](e)
		}
	}
	return p
}

func (r reader) manager(p *parts, n *node) {
	if !r.is(n, "manager", text) {
		return
	}
	if connect.CheckName(n.value) != nil || len(n.value) > longestName {
		r.wrong(n.place, "manager", "must be of letters, digits, dots, dashes and underscores, %d at most", longestName)
	}
	p.manager = n.value
}

// defaults reads those of the file, or of an environment.
func (r reader) defaults(n *node) layer {
	r.what += ", defaults"
	if !r.overlay {
		r.what = "defaults"
	}
	if !r.is(n, "", mapping) {
		return nil
	}
	return r.layer(n, "defaults", defaultsFields)
}

// longestName is Kafka Connect's, for the names of connectors.
const longestName = 255

func (r reader) connectors(p *parts, n *node) {
	if !r.is(n, "connectors", list) {
		return
	}
	for _, item := range n.items {
		if r.isFull() {
			return
		}
		r.connectorEntry(p, item)
	}
}

func (r reader) connectorEntry(p *parts, n *node) {
	r.what = "an entry of connectors"
	if !r.is(n, "", mapping) {
		return
	}
	at, name, ok := r.name(n)
	if first, twice := p.connectorPlaces[name]; twice {
		r.what = "connector " + name
		r.wrong(at, "", "is there already, in line %d: there can be one of a name", first.line)
		ok = false
	}
	if ok {
		r.what, r.connector = "connector "+name, name
	}
	of := r.layer(n, inDefinition, connectorFields)
	if ok {
		p.connectorPlaces[name] = at
		p.connectors = append(p.connectors, written{at, name, of})
	}
}

// name reads what an entry is called.
func (r reader) name(n *node) (place, string, bool) {
	i := slices.IndexFunc(n.entries, func(e entry) bool { return e.key == "name" })
	if i < 0 {
		r.wrong(n.place, "name", "is not there")
		return n.place, "", false
	}
	value := n.entries[i].value
	if !r.is(value, "name", text) {
		return value.place, "", false
	}
	if err := connect.CheckName(value.value); err != nil {
		r.wrong(value.place, "name", "must be of letters, digits, dots, dashes and underscores, and is %q", shown(value.value))
		return value.place, "", false
	}
	if len(value.value) > longestName {
		r.wrong(value.place, "name", "has %d characters: %d at most", len(value.value), longestName)
		return value.place, "", false
	}
	return value.place, value.value, true
}
