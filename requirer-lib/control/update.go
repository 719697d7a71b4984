package control

import (
	"maps"
	"slices"

	"connectcharms/requirer-lib/secret"
)

// Update is what a connector changes of its configuration.
type Update struct {
	// Set are the keys that have a value from now on. Values are text, as everything is in a connector's configuration: numbers
	// are as they were written (456, 1.10), and true is "true".
	Set map[string]secret.Value
	// Remove are the keys that are taken away, in order. In the message, they are null.
	Remove []string
}

// Keys are all that it changes, in order.
func (u Update) Keys() []string {
	return slices.Sorted(func(yield func(string) bool) {
		for key := range u.Set {
			if !yield(key) {
				return
			}
		}
		for _, key := range u.Remove {
			if !yield(key) {
				return
			}
		}
	})
}

// Merge lays the update over a stored configuration, key by key: what it does not name stays. The stored one is left as it is.
func (u Update) Merge(stored map[string]string) map[string]string {
	merged := make(map[string]string, len(stored)+len(u.Set))
	maps.Copy(merged, stored)
	for key, value := range u.Set {
		merged[key] = value.Reveal()
	}
	for _, key := range u.Remove {
		delete(merged, key)
	}
	return merged
}
