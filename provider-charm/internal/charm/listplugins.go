package charm

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"connectcharms/provider-charm/internal/plugins"
)

// listPlugins says of each plugin on this unit what is in it, which relations refer to it, and whether the worker has it.
func listPlugins(ctx context.Context, u *unit, w *World) (map[string]string, error) {
	limited, cancel := context.WithTimeout(ctx, probePatience)
	defer cancel()
	versions := map[string]string{}
	if w.Services.WorkerReady {
		versions, _ = u.rest.Versions(limited) // a worker that does not answer now tells none
	}
	results := map[string]string{"plugins": fmt.Sprint(len(w.Store))}
	for _, digest := range w.Store {
		plugin := u.installed[digest]
		results["plugin-"+digest.Short()] = fmt.Sprintf("%s, %d bytes, for %s: %s", w.pluginState(digest), plugin.Bytes,
			or(strings.Join(w.usersOf(digest), ", "), "no relation"), strings.Join(withVersions(plugin, versions), " "))
	}
	return results, nil
}

// pluginState is how far a plugin is on this unit.
func (w *World) pluginState(digest plugins.Digest) string {
	switch {
	case slices.Contains(w.Own.Loaded, digest):
		return "loaded"
	case slices.Contains(w.Services.Started.Plugins, digest):
		return "installed, the worker does not list it"
	}
	return "installed, loaded at the worker's restart"
}

// usersOf lists the relations that refer to a plugin.
func (w *World) usersOf(digest plugins.Digest) []string {
	var users []string
	for _, client := range w.Clients {
		if client.NeedsPlugin() && w.Own.Plugins[client.Key].Digest == digest {
			users = append(users, fmt.Sprintf("%s (relation %d)", client.App, client.Key.Relation))
		}
	}
	return slices.Compact(users) // several requests of one relation
}

// withVersions lists a plugin's classes, with the version where the worker tells one. Those that only the store found, and
// the worker does not list, are left out once it does list some.
func withVersions(plugin plugins.Installed, versions map[string]string) []string {
	classes := slices.Concat(plugin.Classes, plugin.Found)
	slices.Sort(classes)
	var told []string
	for _, class := range classes {
		version, listed := versions[class]
		if !listed && len(versions) > 0 && slices.Contains(plugin.Found, class) {
			continue
		}
		if version != "" {
			class += "@" + version
		}
		told = append(told, class)
	}
	return told
}
