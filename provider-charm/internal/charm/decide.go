package charm

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"slices"
	"sort"
	"strconv"

	"connectcharms/provider-charm/internal/plugins"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/reconcile"
	"connectcharms/schemas"
)

// Step is one thing that is due in a unit.
type Step = reconcile.Step[*unit, *World]

// next names the one step that is due, or nil when all is as it should be. The order matters: what closes comes before
// what opens, what this unit needs before what it tells others.
func next(w *World) Step {
	if w.Leaving {
		return leave(w)
	}
	return reconcile.First(w,
		closeClients, writeAccounts, forgetClients, addOperator, addSecrets,
		installJava, unpackKafka, installPlugins, removePlugins,
		runServices, awaitGateway, giveTurn, restartWorker, awaitWorker,
		openAccounts, writeAccounts, publish, tellClients, report,
	)
}

// once lets a step that may fail, or may change nothing, be tried one time in a hook.
func (w *World) once(key string, step Step) Step { return reconcile.Once(&w.tried, key, step) }

// leave stops the services of a unit that goes. The leader cleans up after it where a relation ends.
func leave(w *World) Step {
	if w.Event.Kind == hook.Stop || w.Event.Kind == hook.Remove {
		return w.once("leave", StopServices{RemoveFiles: w.Event.Kind == hook.Remove})
	}
	return nil
}

// closeClients takes account and secret of a relation that is gone. The next leader finds it in the shared record,
// should this one not come to it.
func closeClients(w *World) Step {
	if !w.Leader {
		return nil
	}
	for _, id := range recordedIDs(w) {
		if _, live := w.client(id); !live && !w.Shared.Clients[id].Closing {
			return CloseClient{ID: id, Secret: w.Shared.Clients[id].Secret}
		}
	}
	return nil
}

// forgetClients deletes the connectors of a relation that is gone. It needs a worker; without one it stays to be done.
func forgetClients(w *World) Step {
	if !w.Leader || !w.Services.WorkerReady || w.Shared.Operator == nil {
		return nil
	}
	for _, id := range recordedIDs(w) {
		if w.Shared.Clients[id].Closing {
			if step := w.once("forget "+id.String(), ForgetClient{ID: id, Secret: w.Shared.Operator.Secret}); step != nil {
				return step
			}
		}
	}
	return nil
}

// addOperator makes the charm's own account.
func addOperator(w *World) Step {
	if w.Leader && w.PeerRelation != nil && w.Shared.Operator == nil {
		return AddOperator{}
	}
	return nil
}

// addSecrets makes credentials for a new relation. No account goes with them yet: they open nothing. They are granted in
// a later hook, since Juju 4.1-beta2 drops a grant made in the same one.
func addSecrets(w *World) Step {
	if !w.Leader || w.PeerRelation == nil {
		return nil
	}
	for _, client := range w.live() {
		if _, recorded := w.Shared.Clients[client.ID]; !recorded {
			return AddSecret{ID: client.ID}
		}
	}
	return nil
}

// installJava installs a Java runtime on a machine that has none. When that fails, a person may have to act: it is not
// tried in every hook.
func installJava(w *World) Step {
	if !w.Runtime.CanInstallJava || w.Event.Kind != hook.Install && !w.mayHaveChanged() {
		return nil
	}
	return w.once("java", InstallJava{})
}

func unpackKafka(w *World) Step {
	if w.Runtime.Pending {
		return w.once("unpack", UnpackKafka{Archive: w.Runtime.Archive})
	}
	return nil
}

// installPlugins downloads what a relation asks for. A failed one is tried again when something may have changed.
func installPlugins(w *World) Step {
	for _, client := range w.live() {
		if !client.NeedsPlugin() || !w.installDue(client) {
			continue
		}
		if step := w.once("install "+client.ID.String(), InstallPlugin{ID: client.ID, Source: sourceOf(client.Want)}); step != nil {
			return step
		}
	}
	return nil
}

func (w *World) installDue(client Client) bool {
	have := w.Own.Plugins[client.ID]
	source := fingerprint(client.Want)
	if have.Source == source && slices.Contains(w.Store, have.Digest) {
		return false
	}
	return have.Failed != source || w.tryAgain(client.ID)
}

// tryAgain says whether this hook may find a failed download's cause gone. A slow server must not hold up every hook.
func (w *World) tryAgain(id hook.RelationID) bool {
	return w.mayHaveChanged() || w.Event.Relation != nil && w.Event.Relation.ID == id
}

// mayHaveChanged says whether this is a hook in which what failed before is worth another try: time has passed, or the
// operator has acted.
func (w *World) mayHaveChanged() bool {
	switch w.Event.Kind {
	case hook.UpdateStatus, hook.ConfigChanged, hook.UpgradeCharm, hook.Start:
		return true
	}
	return false
}

// removePlugins removes what no relation refers to, and forgets relations that are gone.
func removePlugins(w *World) Step {
	wanted := w.wanted()
	stale := slices.ContainsFunc(w.Store, func(d plugins.Digest) bool { return !slices.Contains(wanted, d) })
	for id := range w.Own.Plugins {
		if client, live := w.client(id); !live || !client.NeedsPlugin() {
			stale = true
		}
	}
	if !stale {
		return nil
	}
	return w.once("remove plugins", RemovePlugins{Keep: wanted})
}

// writeAccounts has this unit's gateway accept exactly the accounts of relations that go on.
func writeAccounts(w *World) Step {
	set := w.accounts()
	revision := set.Revision()
	if w.Services.Accounts == revision {
		return nil
	}
	return w.once("accounts "+revision, WriteAccounts{Accounts: set})
}

// runServices tells Pebble what to run, and has it run what it does not. With a configuration that cannot be, what runs
// goes on as it is.
func runServices(w *World) Step {
	if w.Address == "" || w.Config.Problem != "" {
		return nil
	}
	desired := w.servicesFingerprint()
	down := !w.Services.GatewayUp || w.canRunWorker() && !w.Services.WorkerRunning
	if w.Services.Written == desired && !down {
		return nil
	}
	return w.once("services "+desired, RunServices{Worker: w.canRunWorker(), Fingerprint: desired})
}

func (w *World) servicesFingerprint() string {
	return fmt.Sprintf("%s worker=%v gateway=%s:%d build=%s",
		w.Config.Settings(w).Fingerprint(), w.canRunWorker(), w.Address, w.Config.Port, w.Runtime.Build)
}

func (w *World) canRunWorker() bool {
	return w.Config.Problem == "" && len(w.Config.BootstrapServers) > 0 && w.Runtime.KafkaDir != "" && w.Runtime.Problem == ""
}

func awaitGateway(w *World) Step {
	if w.Address == "" || w.Config.Problem != "" || w.Services.GatewayUp {
		return nil
	}
	return w.once("await gateway", AwaitGateway{})
}

// giveTurn lets one unit at a time restart its worker, so that the others can take over its tasks.
func giveTurn(w *World) Step {
	if !w.Leader || w.PeerRelation == nil {
		return nil
	}
	turn := w.Shared.Turn
	reports := w.units()
	reports[w.Event.Unit] = withNeed(w.Own, w.needsRestart())
	if report, there := reports[turn]; there && report.NeedsRestart {
		return nil
	}
	next := ""
	for _, unit := range sortedKeys(reports) {
		if reports[unit].NeedsRestart {
			next = unit
			break
		}
	}
	if next == turn {
		return nil
	}
	return GiveTurn{Unit: next}
}

// needsRestart says whether the worker runs with old settings or without a plugin that is installed.
func (w *World) needsRestart() bool {
	if !w.Services.WorkerRunning || !w.canRunWorker() {
		return false
	}
	started := w.Services.Started
	if started.Settings != w.Config.Settings(w).Fingerprint() {
		return true
	}
	return slices.ContainsFunc(w.wanted(), func(d plugins.Digest) bool { return !slices.Contains(started.Plugins, d) })
}

// restartWorker restarts for new plugins and settings, all that wait in one go: in turn, or at once where the worker
// serves nobody.
func restartWorker(w *World) Step {
	if !w.needsRestart() {
		return nil
	}
	alone := len(w.Others) == 0
	if !alone && w.Shared.Turn != w.Event.Unit && w.Services.WorkerReady {
		return nil
	}
	return w.once("restart", RestartWorker{})
}

// awaitWorker waits for a worker that was just started. One that is up for long and still not ready is not waited for
// in every hook.
func awaitWorker(w *World) Step {
	if !w.Services.WorkerRunning || w.Services.WorkerReady || !w.Services.WorkerYoung {
		return nil
	}
	return w.once("await worker", AwaitWorker{})
}

// openAccounts opens an account once every worker says that it has loaded the relation's plugin.
func openAccounts(w *World) Step {
	if !w.Leader {
		return nil
	}
	for _, client := range w.live() {
		record, recorded := w.Shared.Clients[client.ID]
		if !recorded || record.Account != nil || record.fresh || client.WantErr != nil {
			continue
		}
		if w.loadedEverywhere(client) {
			return OpenAccount{ID: client.ID, Secret: record.Secret}
		}
	}
	return nil
}

func (w *World) loadedEverywhere(client Client) bool {
	if len(w.digests(client)) > 1 {
		return false
	}
	for _, report := range w.units() {
		if !hasLoaded(report, client) {
			return false
		}
	}
	return true
}

// hasLoaded says whether a unit's worker serves and has the client's plugin.
func hasLoaded(report Report, client Client) bool {
	if !report.Ready {
		return false
	}
	if !client.NeedsPlugin() {
		return true
	}
	plugin := report.Plugins[client.ID]
	return plugin.Source == fingerprint(client.Want) && slices.Contains(report.Loaded, plugin.Digest)
}

// digests is what the units made of the client's URL: more than one means that the server gave them different bytes.
func (w *World) digests(client Client) []plugins.Digest {
	var digests []plugins.Digest
	for _, report := range w.units() {
		if plugin := report.Plugins[client.ID]; plugin.Source == fingerprint(client.Want) && plugin.Digest != "" && client.NeedsPlugin() {
			digests = append(digests, plugin.Digest)
		}
	}
	slices.Sort(digests)
	return slices.Compact(digests)
}

// publish tells a client its endpoints and its secret, at first once every gateway accepts its account. Later, a unit
// that is published stays so while it exists, and a new one is added when it is ready.
func publish(w *World) Step {
	if !w.Leader || w.Config.Problem != "" {
		return nil
	}
	for _, client := range w.live() {
		record := w.Shared.Clients[client.ID]
		if record.Account == nil || record.fresh {
			continue
		}
		endpoints := w.endpoints(client)
		if len(endpoints) == 0 {
			continue
		}
		secret := schemas.SecretURI{ModelUUID: w.Event.ModelUUID, ID: record.Secret}
		bag := hook.Databag(schemas.Provider{Endpoints: endpoints, SecretUser: secret}.Encode())
		if !contains(client.Published, bag) {
			return Publish{ID: client.ID, Secret: secret.String(), Databag: bag}
		}
	}
	return nil
}

func (w *World) endpoints(client Client) []string {
	published, _ := schemas.DecodeProvider(client.Published)
	revision := w.accounts().Revision()
	var endpoints []string
	missing := false
	for _, report := range w.units() {
		endpoint := "http://" + net.JoinHostPort(report.Address, strconv.Itoa(w.Config.Port))
		ready := report.Address != "" && report.Accounts == revision && hasLoaded(report, client)
		if ready || slices.Contains(published.Endpoints, endpoint) {
			endpoints = append(endpoints, endpoint)
		} else {
			missing = true
		}
	}
	if missing && len(published.Endpoints) == 0 {
		return nil
	}
	sort.Strings(endpoints)
	return endpoints
}

// tellClients tells a requirer what its request is held up by, in the databag's status key.
func tellClients(w *World) Step {
	if !w.Leader {
		return nil
	}
	for _, client := range w.live() {
		told := schemas.Provider{Status: w.trouble(client)}.Encode()["status"]
		if client.Published["status"] != told {
			return TellClient{ID: client.ID, Status: told}
		}
	}
	return nil
}

// report tells the other units how far this one is.
func report(w *World) Step {
	if w.PeerRelation == nil {
		return nil
	}
	own := withNeed(w.Own, w.needsRestart())
	if own.equal(w.Sent) {
		return nil
	}
	return SendReport{Report: own}
}

func withNeed(report Report, needsRestart bool) Report {
	report.NeedsRestart = needsRestart
	return report
}

// sourceOf is what a requirer asks to be installed.
func sourceOf(want schemas.Requirer) plugins.Source {
	return plugins.Source{URL: want.PluginURL, SHA256: plugins.Digest(want.PluginSHA256)}
}

// fingerprint stands for a plugin-url (and the digest asked for) where the URL itself, which may hold credentials, does
// not belong.
func fingerprint(want schemas.Requirer) string {
	sum := sha256.Sum256([]byte(want.PluginURL + "\x00" + want.PluginSHA256))
	return hex.EncodeToString(sum[:8])
}

func recordedIDs(w *World) []hook.RelationID { return sortedKeys(w.Shared.Clients) }

// contains says whether all that is in part is so in bag.
func contains(bag, part hook.Databag) bool {
	for key, value := range part {
		if bag[key] != value {
			return false
		}
	}
	return true
}
