package charm

import (
	"fmt"
	"slices"

	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/pluginserver"
	"connectcharms/requirer-lib/reconcile"
)

// Step is one thing that is due in a unit.
type Step = reconcile.Step[*unit, *World]

// next names the one step that is due, or nil when all is as it should be.
func next(w *World) Step {
	if w.Leaving {
		return leave(w)
	}
	return reconcile.First(w, servePlugin, openPorts, requestPlugin, changeConnectors, awaitTasks)
}

// once lets a step that may fail, or may change nothing, be tried one time in a hook.
func (w *World) once(key string, step Step) Step { return reconcile.Once(&w.tried, key, step) }

// leave stops what a unit that goes has running. Its connectors are not its own, but the application's: they stay.
func leave(w *World) Step {
	if w.Event.Kind == hook.Stop || w.Event.Kind == hook.Remove {
		return w.once("leave", StopServer{RemoveFiles: w.Event.Kind == hook.Remove})
	}
	return nil
}

// servePlugin has every unit serve the resource, not the leader alone: a provider may still download from a unit that
// was the leader, and a new leader has only to say its own address.
func servePlugin(w *World) Step {
	switch {
	case w.Config.PluginProblem != "" || w.Resource.Problem != "":
		return nil // what runs goes on
	case !w.hasToServe() && w.Server.Running:
		return w.once("serve", StopServer{})
	case !w.hasToServe() || len(w.Network.Bind) == 0:
		return nil
	}
	return w.once("serve", ServePlugin{File: w.Resource.File, Address: w.Network.Bind[0], Port: w.Config.PluginPort})
}

func (w *World) hasToServe() bool { return w.Config.PluginURL == "" && w.Resource.File != "" }

// openPorts opens the plugin server's port and no other.
func openPorts(w *World) Step {
	var wanted []string
	if w.hasToServe() && w.Config.PluginProblem == "" {
		wanted = []string{fmt.Sprintf("%d/tcp", w.Config.PluginPort)}
	}
	if slices.Equal(w.Ports, wanted) {
		return nil
	}
	return w.once("ports", OpenPorts{Wanted: wanted})
}

// requestPlugin tells every provider where the plugin is. The step writes only what differs.
func requestPlugin(w *World) Step {
	plugin, known := w.plugin()
	if !w.Leader || !known {
		return nil
	}
	return w.once("request", RequestPlugin{Plugin: plugin})
}

// plugin is what to ask the provider for; not known while it is not certain. A wrong answer here would have a provider
// remove the plugin of connectors that run.
func (w *World) plugin() (plugin connectclient.Plugin, known bool) {
	switch {
	case w.Config.PluginProblem != "":
		return plugin, false
	case w.Config.PluginURL != "":
		return connectclient.FromURL(w.Config.PluginURL, ""), true
	case w.Resource.Problem != "":
		return plugin, false
	case w.Resource.File == "":
		return connectclient.NotRequired(), true
	case !w.Server.Serving || len(w.Network.Ingress) == 0:
		return plugin, false
	}
	return connectclient.FromURL(pluginserver.URL(w.Network.Ingress[0], w.Config.PluginPort), w.Resource.SHA256), true
}

// changeConnectors makes the connectors those of the configuration, once in a hook: what fails is tried again in the
// next.
func changeConnectors(w *World) Step {
	if !w.Leader || w.Config.ConnectorsProblem != "" {
		return nil
	}
	for _, cluster := range w.Clusters {
		if !cluster.isUsable() || w.mayEnd(cluster) {
			continue
		}
		changes := plan(w.Config.Connectors, cluster.Connectors)
		if len(changes) == 0 {
			continue
		}
		if step := w.once("change "+cluster.Relation.String(), ChangeConnectors{cluster.Relation, changes}); step != nil {
			return step
		}
	}
	return nil
}

// mayEnd says whether this hook may be one of the last of the relation: units of the provider leave it. What the
// provider has deleted by now must not be made again. Where the relation goes on, a later hook sees to it.
func (w *World) mayEnd(cluster Cluster) bool {
	return w.Event.Kind == hook.RelationDeparted && w.Event.Relation != nil && w.Event.Relation.ID == cluster.Relation
}

// awaitTasks gives connectors that were changed in this hook, or that a worker's restart has just moved, some time to get
// going. Nothing else is waited for: a hook holds up those after it.
func awaitTasks(w *World) Step {
	for _, cluster := range w.Clusters {
		if !cluster.isUsable() || !cluster.Changed && !w.isMoving(cluster) {
			continue
		}
		if step := w.once("await "+cluster.Relation.String(), AwaitTasks{cluster.Relation}); step != nil {
			return step
		}
	}
	return nil
}
