package charm

import (
	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/reconcile"
)

// Step is one thing that is due in a unit.
type Step = reconcile.Step[*unit, *World]

// next names the one step that is due, or nil when all is as it should be.
func next(w *World) Step {
	if w.Leaving {
		return leave(w)
	}
	return reconcile.First(w, requestPlugin, changeConnectors, awaitTasks)
}

// once lets a step that may fail, or may change nothing, be tried one time in a hook.
func (w *World) once(key string, step Step) Step { return reconcile.Once(&w.tried, key, step) }

// leave stops what a unit that goes has running. Its connectors are not its own, but the application's: they stay.
func leave(w *World) Step {
	if w.Event.Kind == hook.Stop || w.Event.Kind == hook.Remove {
		return w.once("leave", Withdraw{RemoveFiles: w.Event.Kind == hook.Remove})
	}
	return nil
}

// requestPlugin holds what every unit serves, and what the leader has asked for, against what is wanted. It does only what
// differs.
func requestPlugin(w *World) Step {
	plugin, known := w.plugin()
	if !known {
		return nil
	}
	return w.once("request", RequestPlugin{Plugin: plugin})
}

// plugin is what to ask the provider for; not known while it is not certain. A wrong answer here would have a provider
// remove the plugin of connectors that run.
func (w *World) plugin() (plugin connectclient.Plugin, known bool) {
	switch {
	case w.Config.RequestProblem != "":
		return plugin, false
	case w.Config.PluginURL != "":
		return connectclient.FromURL(w.Config.PluginURL, ""), true
	case w.Resource.Problem != "":
		return plugin, false
	case w.Resource.File == "":
		return connectclient.NotRequired(), true
	}
	return connectclient.FromFile(w.Resource.File), true
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
