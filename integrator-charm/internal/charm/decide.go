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
	return reconcile.First(w, requestPlugin, prepareSecrets, runManager, openPort, keepOverlays, keepConnectors, lookAtConnections, forgetOverlays)
}

// once lets a step that may fail, or may change nothing, be tried one time in a hook.
func (w *World) once(key string, step Step) Step { return reconcile.Once(&w.tried, key, step) }

// leave stops what a unit that goes has running. Its connectors are not its own, but the application's: they stay.
func leave(w *World) Step {
	if w.Event.Kind == hook.Stop || w.Event.Kind == hook.Remove {
		return w.once("leave", Withdraw{RemoveFiles: reconcile.IsLast(w.Event)})
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
