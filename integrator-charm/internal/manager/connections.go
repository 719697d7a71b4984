package manager

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/state"
)

// Connections are what connectors need beside their plugins: whether they will do.
type Connections interface {
	// IDs are those that there are.
	IDs() []string
	// Troubles are why connections will not do, a line each, by ID: of those that are named, and of those that every connector of
	// the cluster needs.
	Troubles(cluster string, named []string) map[string][]string
}

// everyConnector is who needs the connections of the cluster itself.
const everyConnector = "every connector"

// warnings are what connectors that are to be created are in for: a line for each connection that will not do, with who needs it. They
// hold up nothing.
func (k *keeper) warnings(file *state.File, changes []connectors.Change) []string {
	var names []string
	for _, change := range changes {
		if slices.Contains(change.Actions, connectors.Create) {
			names = append(names, change.Name)
		}
	}
	return k.troubles(file, names)
}

func (k *keeper) troubles(file *state.File, names []string) (lines []string) {
	if k.connections == nil || file == nil || len(names) == 0 {
		return nil
	}
	neededBy := map[string][]string{}
	for _, connector := range file.Connectors {
		if slices.Contains(names, connector.Name) {
			for _, id := range connector.Connections {
				neededBy[id] = append(neededBy[id], connector.Name)
			}
		}
	}
	troubles := k.connections.Troubles(k.cluster.Name, slices.Sorted(maps.Keys(neededBy)))
	for _, id := range slices.Sorted(maps.Keys(troubles)) {
		who := neededBy[id]
		if who == nil {
			who = []string{everyConnector}
		}
		for _, why := range troubles[id] {
			lines = append(lines, fmt.Sprintf("connection %.100q, needed by %s: %s", id, strings.Join(who, ", "), why))
		}
	}
	return lines
}
