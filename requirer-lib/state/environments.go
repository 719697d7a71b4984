package state

import (
	"fmt"
	"maps"
	"slices"
)

// environment is what one of the environments says otherwise.
type environment struct {
	defaults   layer
	connectors map[string]layer
	without    map[string]bool // connectors that are not in this environment
}

func (r reader) environments(p *parts, e entry) {
	p.environmentsAt, p.environments = e.place, map[string]environment{}
	if !r.is(e.value, "environments", mapping) {
		return
	}
	r.overlay = true
	names := slices.Sorted(maps.Keys(p.connectorPlaces))
	for _, e := range e.value.entries {
		r.what = "environment " + shown(e.key)
		if r.is(e.value, "", mapping) {
			p.environments[e.key] = r.environment(p, names, e.value)
		}
	}
}

func (r reader) environment(p *parts, names []string, n *node) environment {
	of := environment{connectors: map[string]layer{}, without: map[string]bool{}}
	for _, e := range n.entries {
		switch e.key {
		case "defaults":
			of.defaults = r.defaults(e.value)
		case "connectors":
			r.overlays(p, names, of, e.value)
		default:
			r.unknown(e, "", "an environment", environmentFields)
		}
	}
	return of
}

// overlays reads what an environment says of connectors that the file has; names are theirs, sorted.
func (r reader) overlays(p *parts, names []string, into environment, n *node) {
	if !r.is(n, "connectors", mapping) {
		return
	}
	environment := r.what
	for _, e := range n.entries {
		if r.isFull() {
			return
		}
		if _, is := p.connectorPlaces[e.key]; !is {
			r.add(Problem{
				Line: e.line, Column: e.column, Field: "connectors", Nearest: r.nearest(e.key, names),
				Message: fmt.Sprintf("%s: the file has no connector %s", environment, shown(e.key)),
			})
			continue
		}
		r.what, r.connector = environment+", connector "+e.key, e.key
		if e.value.kind == null {
			into.without[e.key] = true
		} else if r.is(e.value, "", mapping) {
			into.connectors[e.key] = r.layer(e.value, inDefinition, overlayFields)
		}
	}
}
