package charm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"slices"
	"time"

	"connectcharms/provider-charm/internal/plugins"
	"connectcharms/requirer-lib/connectprovider"
	"connectcharms/requirer-lib/hook"
	"connectcharms/schemas"
)

// readPluginsConfig reads the limits of downloads.
func readPluginsConfig(config *Config, options hook.Config, _ hook.Event) (problem string) {
	config.Plugins = plugins.DefaultLimits()
	mib, problem := within(options, "plugin-size-limit", 1, 1<<20)
	seconds, slow := within(options, "plugin-download-timeout", 1, 3600)
	config.Plugins.Download = int64(mib) << 20
	config.Plugins.Total = time.Duration(seconds) * time.Second
	return or(problem, slow)
}

// wanted is the plugins that requests refer to, as far as they are installed here. One that is not of the digest asked
// for, since that was asked for later, is not wanted.
func (w *World) wanted() []plugins.Digest {
	var digests []plugins.Digest
	for key, plugin := range w.Own.Plugins {
		client, _ := w.client(key)
		pinned := plugins.Digest(client.Want.PluginSHA256)
		if plugin.Digest != "" && w.keepsPlugin(key) && (pinned == "" || pinned == plugin.Digest) {
			digests = append(digests, plugin.Digest)
		}
	}
	slices.Sort(digests)
	return slices.Compact(digests)
}

// keepsPlugin says whether a request still wants a plugin. One of a relation whose requests cannot be read keeps what it has.
func (w *World) keepsPlugin(key connectprovider.Key) bool {
	client, known := w.client(key)
	return w.goesOn(key) && (!known || client.NeedsPlugin())
}

func (u *unit) observeStore(w *World) error {
	installed, err := u.store.Installed()
	if err != nil {
		return err
	}
	w.Store = nil
	u.installed = map[plugins.Digest]plugins.Installed{}
	for _, plugin := range installed {
		w.Store = append(w.Store, plugin.Digest)
		u.installed[plugin.Digest] = plugin
	}
	return nil
}

// installPlugins downloads what clients ask for, of one relation one file at a time: its next request may want the same. What has failed
// is tried again when something may have changed.
func installPlugins(w *World) Step {
	if w.Config.Problem != "" || w.PluginCredentials.Problem != "" {
		return nil // the wrong server might be asked, or asked without credentials
	}
	var due []Step
	begun := map[hook.RelationID]bool{}
	for _, client := range w.Clients {
		if !client.NeedsPlugin() || !w.installDue(client) || begun[client.Key.Relation] {
			continue
		}
		if plugin, is := w.fetched(client); is {
			due = append(due, SharePlugin{Key: client.Key, Plugin: plugin})
		} else if step := w.once("install "+client.Key.String(), InstallPlugin{Key: client.Key, Source: w.sourceOf(client.Want)}); step != nil {
			due, begun[client.Key.Relation] = append(due, step), true
		}
	}
	return inOne(due)
}

func (w *World) installDue(client Client) bool {
	have := w.Own.Plugins[client.Key]
	source := fingerprint(client.Want)
	if have.Source == source && slices.Contains(w.Store, have.Digest) {
		return false
	}
	return have.Failed != source || w.tryAgain(client.Key.Relation)
}

// fetched is what another request of the client's relation got from the same source. So a requirer that asks for it in
// another version of the contract does not cost its connectors their plugin when the server is away.
func (w *World) fetched(client Client) (PluginReport, bool) {
	for key, plugin := range w.Own.Plugins {
		if key.Relation == client.Key.Relation && plugin.Source == fingerprint(client.Want) && slices.Contains(w.Store, plugin.Digest) {
			return PluginReport{Source: plugin.Source, Digest: plugin.Digest}, true
		}
	}
	return PluginReport{}, false
}

// SharePlugin lets a client have a plugin that is here already.
type SharePlugin struct {
	Key    connectprovider.Key
	Plugin PluginReport
}

func (s SharePlugin) Apply(_ context.Context, _ *unit, w *World) error {
	w.reportPlugin(s.Key, s.Plugin)
	return nil
}

func (w *World) reportPlugin(key connectprovider.Key, plugin PluginReport) {
	if w.Own.Plugins == nil {
		w.Own.Plugins = map[connectprovider.Key]PluginReport{}
	}
	w.Own.Plugins[key] = plugin
}

// tryAgain says whether this hook may find a failed download's cause gone. A slow server must not hold up every hook.
func (w *World) tryAgain(id hook.RelationID) bool {
	return w.mayHaveChanged() || w.Event.Kind == hook.SecretChanged || w.Event.Relation != nil && w.Event.Relation.ID == id
}

// InstallPlugin downloads a client's plugin into the store.
type InstallPlugin struct {
	Key    connectprovider.Key
	Source plugins.Source
}

func (s InstallPlugin) Apply(ctx context.Context, u *unit, w *World) error {
	installed, err := u.store.Install(ctx, s.Source, w.Config.Plugins)
	client, _ := w.client(s.Key)
	told := w.Own.Plugins[s.Key]
	var refused *plugins.InstallError
	switch {
	case errors.As(err, &refused):
		told.Failed, told.Error, told.Lasts = fingerprint(client.Want), refused.Error(), !refused.Temporary()
	case err != nil:
		return err
	default:
		told = PluginReport{Source: fingerprint(client.Want), Digest: installed.Digest}
	}
	w.reportPlugin(s.Key, told)
	return u.observeStore(w)
}

// missingPlugin names a client that may have tasks already and whose plugin is not here. A worker that takes up tasks
// without their plugin fails them, and nobody starts them again: it does not begin before it has the plugin.
func (w *World) missingPlugin() (app string) {
	for _, client := range w.Clients {
		if w.Shared.Clients[client.Key].Open && client.NeedsPlugin() && !slices.Contains(w.Store, w.Own.Plugins[client.Key].Digest) {
			return client.name()
		}
	}
	return ""
}

// removePlugins removes what no request refers to, and forgets requests that are gone. What the worker runs with, as
// before a change of plugin-url, stays until its restart.
func removePlugins(w *World) Step {
	wanted := w.wanted()
	if w.needsRestart() && !w.mayRestart() {
		wanted = append(wanted, w.Services.Started.Plugins...)
		slices.Sort(wanted)
		wanted = slices.Compact(wanted)
	}
	stale := slices.ContainsFunc(w.Store, func(d plugins.Digest) bool { return !slices.Contains(wanted, d) })
	for key := range w.Own.Plugins {
		stale = stale || !w.keepsPlugin(key)
	}
	if !stale {
		return nil
	}
	return w.once("remove plugins", RemovePlugins{Keep: wanted})
}

// RemovePlugins removes from the store all but these.
type RemovePlugins struct{ Keep []plugins.Digest }

func (s RemovePlugins) Apply(ctx context.Context, u *unit, w *World) error {
	// A worker keeps the classes of a plugin whose files are gone, until its restart. Should the plugin return before
	// that, it has to be loaded anew: so the note goes first.
	started := w.Services.Started
	started.Plugins = slices.DeleteFunc(slices.Clone(started.Plugins), func(d plugins.Digest) bool { return !slices.Contains(s.Keep, d) })
	if err := started.Write(u.layout.workerDir()); err != nil {
		return err
	}
	if _, err := u.store.Keep(s.Keep); err != nil {
		return err
	}
	maps.DeleteFunc(w.Own.Plugins, func(key connectprovider.Key, _ PluginReport) bool { return !w.keepsPlugin(key) })
	if err := u.observeStore(w); err != nil {
		return err
	}
	return u.observeServices(ctx, w)
}

// digests is what the units made of the client's URL: more than one means that the server gave them different bytes.
func (w *World) digests(client Client) []plugins.Digest {
	var digests []plugins.Digest
	for _, report := range w.units() {
		if plugin := report.Plugins[client.Key]; plugin.Source == fingerprint(client.Want) && plugin.Digest != "" && client.NeedsPlugin() {
			digests = append(digests, plugin.Digest)
		}
	}
	slices.Sort(digests)
	return slices.Compact(digests)
}

// fingerprint stands for a plugin-url (and the digest asked for) where the URL itself, which may hold credentials, does
// not belong.
func fingerprint(want schemas.Request) string {
	sum := sha256.Sum256([]byte(want.PluginURL + "\x00" + want.PluginSHA256))
	return hex.EncodeToString(sum[:8])
}
