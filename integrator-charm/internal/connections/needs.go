package connections

import (
	"fmt"
	"slices"

	"connectcharms/requirer-lib/connection"
)

// Troubles are what a connector of a context is in for: the connections of these IDs that will not do or that there are not, and the
// context's own. A line each, ordered: fit for a plan.
func (r *Registry) Troubles(context string, ids []string) (lines []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	needed := map[string]bool{}
	for _, id := range ids {
		needed[id] = true
		if r.entries[id] == nil {
			lines = append(lines, fmt.Sprintf("connection %.100q: there is none of this id", id))
		}
	}
	for id, one := range r.entries {
		if needed[id] || one.context == context && context != "" {
			lines = append(lines, one.troubles()...)
		}
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

// Has says whether there is a connection of this ID.
func (r *Registry) Has(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.entries[id] != nil
}

func (e *entry) troubles() (lines []string) {
	for _, part := range e.status.Parts() {
		if of := e.status.Part(part); of.State.IsTrouble() {
			lines = append(lines, fmt.Sprintf("connection %.100q: %s is %s: %s", e.spec.ID, part, of.State, of.Errors))
		}
	}
	return lines
}

// Trouble says of a whole connection whether anything of it will not do.
func Trouble(status connection.Status) bool {
	return slices.ContainsFunc(status.Parts(), func(part connection.Part) bool { return status.Part(part).State.IsTrouble() })
}
