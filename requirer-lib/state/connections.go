package state

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	mostConnections     = 64 // of one connector
	longestConnectionID = 64 // characters, as the IDs of connections have
)

// connections reads which connections a connector needs.
func (r reader) connections(n *node) ([]string, bool) {
	if !r.is(n, inConnections, list) {
		return nil, false
	}
	if len(n.items) > mostConnections {
		r.wrong(n.place, inConnections, "has more than %d entries", mostConnections)
		return nil, false
	}
	ids := []string{}
	for _, item := range n.items {
		switch {
		case !r.is(item, inConnections, text):
			return nil, false
		case !isConnectionID(item.value):
			r.wrong(item.place, inConnections, "must be ids of connections, of 1 to %d characters each", longestConnectionID)
			return nil, false
		case slices.Contains(ids, item.value):
			r.wrong(item.place, inConnections, "has %s twice", shown(item.value))
			return nil, false
		}
		ids = append(ids, item.value)
	}
	return ids, true
}

func isConnectionID(id string) bool {
	length := utf8.RuneCountInString(id)
	return 0 < length && length <= longestConnectionID && !strings.ContainsFunc(id, unicode.IsControl)
}

// CheckConnections finds connections that connectors name, and that are not among those that there are.
func (f *File) CheckConnections(there []string) Problems {
	found := &findings{file: f.name}
	for _, c := range f.Connectors {
		for _, id := range c.Connections {
			if slices.Contains(there, id) {
				continue
			}
			problem := f.problem(c.Name, field{section: inConnections}, "there is no connection "+shown(id))
			problem.Nearest = found.nearest(id, there)
			found.add(problem)
		}
	}
	return found.problems()
}
