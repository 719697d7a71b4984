package connections

import (
	"fmt"
	"maps"
	"slices"
)

// IDs are those of all connections, in order.
func (r *Registry) IDs() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.entries))
}

// Troubles are why connections will not do, a line for each system, by ID: of those that are named, and there are or are not, and of
// the context's own.
func (r *Registry) Troubles(context string, named []string) map[string][]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := map[string][]string{}
	for _, id := range named {
		if r.entries[id] == nil {
			all[id] = []string{"there is no such connection"}
		}
	}
	for id, one := range r.entries {
		isOwn := one.context == context && context != ""
		if lines := one.troubles(); len(lines) > 0 && (isOwn || slices.Contains(named, id)) {
			all[id] = lines
		}
	}
	return all
}

func (e *entry) troubles() (lines []string) {
	for _, part := range e.status.Parts() {
		if of := e.status.Part(part); of.State.IsTrouble() {
			lines = append(lines, fmt.Sprintf("%s is %s: %s", part, of.State, of.Errors))
		}
	}
	return lines
}
