package charm

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/accounts"
	"connectcharms/provider-charm/internal/plugins"
	"connectcharms/provider-charm/internal/worker"
	"connectcharms/requirer-lib/connectprovider"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/reconcile"
	"connectcharms/schemas"
)

// simulation is an application whose units run the rules of a rollout: their hooks one step at a time, interleaved in an
// order drawn from a seed. What a unit writes to disk stays; what it writes to databags comes out when its hook ends.
type simulation struct {
	*rand.Rand
	t       *testing.T
	base    *World // what is the same in all units
	now     time.Time
	units   map[string]*simulated
	joined  int // units so far
	leader  string
	shared  Shared
	clients map[hook.RelationID]*simulatedClient
	last    string // step

	reports, shares int // how often units have written theirs, and leaders the application's databag

	killing, failing, slow float64 // how likely a hook is killed at a step, a download fails, a start takes long
	unreadable             float64 // how likely a hook cannot read a secret
}

type simulated struct {
	name     string
	sent     Report
	due      bool // it has a hook to run
	periodic bool // update-status is one of them
	lost     bool // its machine is dead, which nobody has said
	hook     *World

	// what is on the unit's disk, and runs
	store          []plugins.Digest
	secrets        map[hook.RelationID]int64 // versions
	started        worker.Started
	running, ready bool
	served         bool // the worker was ready once
	written        string
	accepts        string
	restarts       int
}

type simulatedClient struct {
	bag, published hook.Databag
	asksLater      hook.Databag
	brings, refers int64 // versions of its connectors' secrets: what it brings, what their configurations refer to
}

func newSimulation(t *testing.T, seed uint64, units int) *simulation {
	base := settled(t)
	s := &simulation{
		Rand: rand.New(rand.NewPCG(seed, seed)), t: t, base: base, now: noon, shared: base.Shared,
		units: map[string]*simulated{}, clients: map[hook.RelationID]*simulatedClient{},
	}
	s.shared.Clients = nil
	for range units {
		s.join()
	}
	s.leader = unit0
	s.settle()
	return s
}

func (s *simulation) join() {
	name := fmt.Sprintf("kafka-connect/%d", s.joined)
	s.joined++
	s.units[name] = &simulated{name: name, due: true, periodic: true, secrets: map[hook.RelationID]int64{}}
	s.wake("")
}

// leave takes a unit away as a machine that is gone and removed, in the middle of what it does.
func (s *simulation) leave(name string) {
	delete(s.units, name)
	if s.leader == name {
		s.leader = s.anyUnit()
	}
	s.hear()
	s.wake("")
}

func (s *simulation) anyUnit() string { return sortedKeys(s.units)[s.IntN(len(s.units))] }

// integrate makes a relation whose requirer names its plugin later; several of them in contract v1.
func (s *simulation) integrate(id hook.RelationID, urls ...string) {
	requirer := schemas.Requirer{Version: schemas.V0}
	if len(urls) > 1 {
		requirer.Version = schemas.V1
	}
	for _, url := range urls {
		requirer.Requests = append(requirer.Requests, wants(url))
	}
	s.clients[id] = &simulatedClient{asksLater: requirer.Encode()}
	s.wake("")
}

func (s *simulation) wake(except string) {
	for name, unit := range s.units {
		unit.due = unit.due || name != except
	}
}

// settle runs hooks until none is due, with update-status on all units as often as Juju would run it.
func (s *simulation) settle() {
	for range 12 {
		for steps := 0; s.step(); steps++ {
			require.Less(s.t, steps, mostSteps, "the units do not rest: %s", s.last)
		}
		if s.calm() {
			return
		}
		s.updateStatus()
	}
	require.Failf(s.t, "the rollout does not end", "turn %+v, last %s, client 1 %+v, status %+v", s.shared.Turn, s.last, s.clients[1], status(s.world(s.units[s.leader])))
}

func (s *simulation) updateStatus() {
	s.now = s.now.Add(5 * time.Minute)
	for _, unit := range s.units {
		unit.due, unit.periodic = true, true
	}
}

func (s *simulation) calm() bool {
	for _, unit := range s.units {
		if !unit.ready || len(unit.store) < len(s.wanted()) || s.world(unit).needsRestart() {
			return false
		}
	}
	for id := range s.clients {
		for _, client := range clientsOf([]connectprovider.Relation{s.related(id)}, s.base.Config) {
			if !client.isServed() {
				return false
			}
		}
	}
	return s.shared.Turn.Unit == "" && s.shared.Turn.Since.IsZero()
}

// wanted is the digests that the requirers refer to.
func (s *simulation) wanted() map[plugins.Digest]bool {
	wanted := map[plugins.Digest]bool{}
	for id := range s.clients {
		for _, request := range s.related(id).Requests {
			wanted[digestOf(request.PluginURL)] = true
		}
	}
	return wanted
}

func (s *simulation) related(id hook.RelationID) connectprovider.Relation {
	return connectprovider.NewRelation(id, fmt.Sprintf("app%d", id), s.clients[id].bag, maps.Clone(s.clients[id].published))
}

// step lets one unit, or one requirer, do one thing.
func (s *simulation) step() bool {
	var can []func()
	for _, name := range sortedKeys(s.units) {
		if unit := s.units[name]; !unit.lost && (unit.hook != nil || unit.due) {
			can = append(can, func() { s.advance(unit) })
		}
	}
	for _, id := range sortedKeys(s.clients) {
		if client := s.clients[id]; client.asksLater != nil {
			can = append(can, func() { client.bag, client.asksLater = client.asksLater, nil; s.wake("") })
		}
	}
	if len(can) == 0 {
		return false
	}
	s.now = s.now.Add(50 * time.Millisecond)
	can[s.IntN(len(can))]()
	return true
}

// advance takes a unit one step further in its hook, which it begins or ends as need be.
func (s *simulation) advance(u *simulated) {
	if u.hook == nil {
		u.hook, u.due, u.periodic = s.world(u), false, false
		return
	}
	due := reconcile.First(u.hook,
		takeOverSecrets, closeClients, writeAccounts, addSecrets, keepSecrets, installPlugins, removePlugins, runServices,
		noteRequests, giveTurn, restartWorker, awaitWorker, openAccounts, writeAccounts, publish, noteSecrets, acknowledgeSecrets, report)
	switch {
	case due == nil:
		s.end(u)
	case s.Float64() < s.killing:
		u.hook, u.due = nil, true
	default:
		s.apply(u, u.hook, due)
		if s.Float64() < s.killing {
			u.hook, u.due = nil, true
		}
	}
}

// end lets out what the hook has written. Juju refuses a leader's words of one that leads no more: the hook fails.
func (s *simulation) end(u *simulated) {
	w := u.hook
	u.hook = nil
	if w.Leader && s.leader != u.name {
		u.due = true
		return
	}
	if !u.sent.equal(w.Sent) {
		u.sent = w.Sent.clone()
		s.reports++
		s.hear()
		s.wake(u.name)
	}
	if !w.Leader {
		return
	}
	before, _ := json.Marshal(s.shared)
	after, err := json.Marshal(w.Shared)
	require.NoError(s.t, err)
	if string(before) != string(after) {
		s.shared = Shared{}
		require.NoError(s.t, json.Unmarshal(after, &s.shared))
		s.shares++
		s.wake("") // the leader as well
	}
	for _, relation := range w.Relations {
		s.clients[relation.ID].published = relation.Published
	}
}

// world is what a unit sees at the begin of a hook.
func (s *simulation) world(u *simulated) *World {
	base := *s.base
	w := &base
	w.Event = hook.Event{Unit: u.name, Kind: hook.RelationChanged, ModelUUID: modelUUID}
	w.Now, w.Leader, w.Address, w.Relations, w.Others = s.now, s.leader == u.name, u.name, nil, map[string]Report{}
	w.Own, w.Sent = u.sent.clone(), u.sent.clone()
	if u.periodic {
		w.Event.Kind = hook.UpdateStatus
	}
	document, err := json.Marshal(s.shared)
	require.NoError(s.t, err)
	w.Shared = Shared{Clients: map[connectprovider.Key]ClientRecord{}}
	require.NoError(s.t, json.Unmarshal(document, &w.Shared))
	for name, other := range s.units {
		if name != u.name {
			w.Others[name] = other.sent.clone()
		}
	}
	for _, id := range sortedKeys(s.clients) {
		w.Relations = append(w.Relations, s.related(id))
	}
	w.Clients = clientsOf(w.Relations, w.Config)
	s.readSecrets(u, w)
	u.observe(w)
	return w
}

// observe is what the unit's services say.
func (u *simulated) observe(w *World) {
	w.Store = slices.Clone(u.store)
	w.Services.Written, w.Services.Accounts, w.Services.Started = u.written, u.accepts, u.started
	w.Services.WorkerRunning, w.Services.WorkerReady, w.Services.WorkerYoung, w.Services.Loaded = u.running, u.ready, true, nil
	if u.ready {
		w.Services.Loaded = slices.Clone(u.started.Plugins)
	}
	w.Own.Address, w.Own.Ready, w.Own.Loaded, w.Own.Accounts = w.Address, u.ready, w.Services.Loaded, u.accepts
	w.Own.TLS.Plain = true
	w.reportSecrets()
}

func (u *simulated) start(w *World) {
	u.running, u.ready = true, false
	w.Store = slices.Clone(u.store)
	u.started = w.noteOf(w.Config.Settings(w))
}

// apply does what a step does, as far as the rules see it, and holds it to what must always be so.
func (s *simulation) apply(u *simulated, w *World, due Step) {
	s.last = fmt.Sprintf("%s %T", u.name, due)
	switch step := due.(type) {
	case batch:
		for _, one := range step {
			s.apply(u, w, one)
		}
	case AddSecret:
		account := accounts.Account{Username: step.Key.Username(), Hash: s.shared.Operator.Account.Hash, Relation: int(step.Key.Relation)}
		w.Shared.Clients[step.Key] = ClientRecord{Credentials: Credentials{Secret: s.secretID(), Account: account}, Since: w.second(), fresh: true}
	case TakeOverSecret:
		record := w.Shared.Clients[step.From]
		delete(w.Shared.Clients, step.From)
		record.Account.Username, record.Open = step.To.Username(), false
		w.Shared.Clients[step.To] = record
	case CloseClient:
		delete(w.Shared.Clients, step.Key)
	case SharePlugin:
		w.reportPlugin(step.Key, step.Plugin)
	case OpenAccount:
		record := w.Shared.Clients[step.Key]
		record.Open = true
		w.Shared.Clients[step.Key] = record
	case WriteAccounts:
		u.accepts = step.Accounts.Revision()
	case InstallPlugin:
		s.install(u, w, step)
	case RemovePlugins:
		unused := func(d plugins.Digest) bool { return !slices.Contains(step.Keep, d) }
		u.started.Plugins = slices.DeleteFunc(slices.Clone(u.started.Plugins), unused)
		u.store = slices.DeleteFunc(slices.Clone(u.store), unused)
	case RunServices:
		u.written = step.Fingerprint
		if step.Worker && !u.running {
			s.requireSecrets(u)
			u.start(w)
		}
	case WriteSecrets:
		u.secrets[step.ID] = step.Content.Version
		w.Secrets[step.ID] = ConnectorSecrets{Named: true, Wanted: &step.Content, OnDisk: true, Have: &step.Content}
	case RemoveSecrets:
		delete(u.secrets, step.ID)
		delete(w.Secrets, step.ID)
	case NoteSecrets:
		w.Shared.Secrets = step.Relations
	case AcknowledgeSecrets:
		w.Acknowledged[step.ID] = step.Version
	case NoteRequest:
		w.Shared.Restart = step.Number
	case GiveTurn:
		w.Shared.Turn = step.Turn
	case RestartWorker:
		s.requireOthersUp(u)
		s.requireSecrets(u)
		u.restarts++
		w.useTurn()
		u.start(w)
		w.tried.Forget("await worker")
	case AwaitWorker:
		u.ready = s.Float64() >= s.slow
		u.served = u.served || u.ready
	case Publish:
		s.requireLoadedEverywhere(w, step)
		apply(w, step)
	case SendReport:
		w.Sent = step.Report.clone()
	default:
		require.Failf(s.t, "the simulation does not know this step", "%T", step)
	}
	u.observe(w)
}

// secretID is one that no other secret has.
func (s *simulation) secretID() string { return fmt.Sprintf("%020d", s.Uint64()) }

func (s *simulation) install(u *simulated, w *World, step InstallPlugin) {
	w.Own.Plugins = maps.Clone(w.Own.Plugins)
	client, _ := w.client(step.Key)
	told := w.Own.Plugins[step.Key]
	if s.Float64() < s.failing {
		told.Failed, told.Error = fingerprint(client.Want), "404 Not Found"
		w.reportPlugin(step.Key, told)
		return
	}
	digest := digestOf(step.Source.URL)
	if !slices.Contains(u.store, digest) {
		u.store = append(u.store, digest)
	}
	w.reportPlugin(step.Key, PluginReport{Source: fingerprint(client.Want), Digest: digest})
}

func digestOf(url string) plugins.Digest {
	return plugins.Digest(strings.TrimPrefix(url, "http://10.0.0.9/"))
}

// requireOthersUp holds a restart of a worker that serves to one at a time.
func (s *simulation) requireOthersUp(restarting *simulated) {
	if !restarting.ready {
		return
	}
	for _, other := range s.units {
		if other != restarting && other.served && !other.ready {
			held := s.now.Sub(s.shared.Turn.Since)
			require.Failf(s.t, "two workers are down", "%s restarts while %s is down; turn %+v for %s", restarting.name, other.name, s.shared.Turn, held)
		}
	}
}

// requireLoadedEverywhere holds the first publication to the workers, not to what the leader has heard of them.
func (s *simulation) requireLoadedEverywhere(w *World, step Publish) {
	for _, client := range w.clientsOf(step.ID) {
		isAnswered := func(a schemas.Answer) bool { return a.RequestID == client.Key.Request }
		if client.isServed() || !slices.ContainsFunc(step.Offer.Answers, isAnswered) {
			continue
		}
		for name := range w.units() {
			if unit, there := s.units[name]; there {
				require.Contains(s.t, unit.started.Plugins, digestOf(client.Want.PluginURL), "published before %s has it", name)
			}
		}
	}
}
