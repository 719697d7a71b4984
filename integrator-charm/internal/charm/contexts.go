package charm

import (
	"maps"
	"path"
	"path/filepath"

	"connectcharms/integrator-charm/internal/settings"
	"connectcharms/requirer-lib/secret"
)

// wantedContexts is one for each relation that is ready, with its files. One that is not ready (any more) goes on with what
// it had, unless the relation ends, or may.
func (w *World) wantedContexts(to files) map[string]settings.Context {
	contexts := map[string]settings.Context{}
	for _, cluster := range w.Clusters {
		dir := path.Join(clustersDir, cluster.Relation.String())
		switch {
		case cluster.MayEnd:
		case cluster.NotReady == nil:
			context := settings.Context{
				Endpoints: cluster.Endpoints, Username: cluster.Username, NameSuffix: cluster.Suffix,
				PasswordFile: w.Layout.managerFile(path.Join(dir, "password")), Server: w.Layout.socket(),
			}
			if !cluster.Place.IsZero() {
				context.WorkerSecrets = settings.WorkerSecrets{
					Provider: cluster.Place.Provider, Path: cluster.Place.Path, Deliver: settings.DeliverCharm,
				}
			}
			to[path.Join(dir, "password")] = cluster.Password
			if cluster.CA != "" {
				to[path.Join(dir, "ca.pem")] = secret.New(cluster.CA)
				context.CAFile = w.Layout.managerFile(path.Join(dir, "ca.pem"))
			}
			contexts[cluster.Provider] = w.withState(context)
		default:
			if name, before, is := w.contextBefore(dir); is {
				maps.Copy(to, w.Manager.Files.under(dir))
				contexts[name] = w.withState(before)
			}
		}
	}
	return contexts
}

// contextBefore finds the context whose files are in a directory.
func (w *World) contextBefore(dir string) (name string, context settings.Context, is bool) {
	if w.Manager.Given == nil {
		return "", settings.Context{}, false
	}
	for name, context := range w.Manager.Given.Contexts {
		if filepath.Dir(context.PasswordFile) == w.Layout.managerFile(dir) {
			return name, context, true
		}
	}
	return "", settings.Context{}, false
}

// withState is a context with what is to run there. Where that is not known, it is what it was: in every context the same.
func (w *World) withState(context settings.Context) settings.Context {
	switch {
	case w.State.isKnown():
		context.State, context.Environment = w.State.Source, w.Config.State.Environment
		if w.State.Source == "" {
			context.State = w.Layout.managerFile(stateFile)
		}
	case w.Manager.Given != nil:
		for _, before := range w.Manager.Given.Contexts {
			context.State, context.Environment = before.State, before.Environment
		}
	}
	context.SecretsDir = w.Layout.managerFile(secretsDir)
	return context
}
