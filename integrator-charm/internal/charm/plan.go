package charm

import (
	"maps"
	"slices"

	"connectcharms/integrator-charm/internal/connectors"
)

// Action is what to do to a connector.
type Action string

// The actions.
const (
	Create Action = "create"
	Update Action = "update"
	Delete Action = "delete"
)

// Change is one thing to do to one connector, to which the configuration gives Name.
type Change struct {
	Action Action
	Name   string
}

// plan names what makes the connectors of a cluster those of the configuration, ordered by name. What is there already
// as it should be is left alone: Kafka Connect restarts a connector that is given the configuration it has.
func plan(wanted connectors.Configs, there map[string]Connector) []Change {
	var changes []Change
	for name, config := range wanted {
		connector, exists := there[name]
		switch {
		case !exists:
			changes = append(changes, Change{Create, name})
		case !sameConfig(config, connector.Config):
			changes = append(changes, Change{Update, name})
		}
	}
	for name := range there {
		if _, keep := wanted[name]; !keep {
			changes = append(changes, Change{Delete, name})
		}
	}
	slices.SortFunc(changes, func(a, b Change) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return changes
}

// sameConfig leaves out the key that Kafka Connect adds.
func sameConfig(wanted, there map[string]string) bool {
	there = maps.Clone(there)
	delete(there, "name")
	return maps.Equal(wanted, there)
}
