package charm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/canonical/pebble/client"

	"connectcharms/provider-charm/internal/machine"
	"connectcharms/provider-charm/internal/plugins"
	"connectcharms/provider-charm/internal/worker"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/reconcile"
	"connectcharms/requirer-lib/secret"
	"connectcharms/schemas"
)

// The endpoints, resources and databag keys of this charm.
const (
	clientEndpoint = "connect-client"
	peerEndpoint   = "cluster"
	kafkaResource  = "kafka"

	reportKey = "report" // in each unit's peer databag
	sharedKey = "shared" // in the application's
)

// youth is how long after its start a worker may still become ready.
const youth = 90 * time.Second

// probePatience bounds a question to a service that should be up.
const probePatience = 2 * time.Second

// observe reads all that the rules need.
func (u *unit) observe(ctx context.Context) (*World, error) {
	w := &World{Event: u.Event}
	var err error
	if w.Leaving, err = reconcile.IsLeaving(u.Event, u.layout.leavingFile()); err != nil {
		return nil, err
	}
	if w.Leaving {
		return w, nil
	}
	for _, read := range []func(context.Context, *World) error{
		u.observeModel, u.observePeers, u.observeClients, u.observeRuntime,
	} {
		if err := read(ctx, w); err != nil {
			return nil, err
		}
	}
	if u.rest, err = worker.NewREST(w.Config.Settings(w).URL(), "", secret.Value{}); err != nil {
		return nil, err
	}
	if err := u.observeStore(w); err != nil {
		return nil, err
	}
	return w, u.observeServices(ctx, w)
}

func (u *unit) observeModel(ctx context.Context, w *World) error {
	options, err := u.ConfigGet(ctx)
	if err != nil {
		return err
	}
	w.Config = readConfig(options, u.Event)
	if w.Leader, err = u.IsLeader(ctx); err != nil {
		return err
	}
	network, err := u.NetworkGet(ctx, clientEndpoint)
	if err != nil {
		return err
	}
	if len(network.Ingress) > 0 {
		w.Address = network.Ingress[0]
	}
	return nil
}

func (u *unit) observePeers(ctx context.Context, w *World) error {
	w.Shared.Clients = map[hook.RelationID]ClientRecord{}
	w.Others = map[string]Report{}
	ids, err := u.RelationIDs(ctx, peerEndpoint)
	if err != nil || len(ids) == 0 {
		return err
	}
	id := ids[0]
	w.PeerRelation = &id
	if err := u.readDocument(ctx, id, u.Application(), sharedKey, &w.Shared); err != nil {
		return err
	}
	if err := u.readDocument(ctx, id, u.Unit, reportKey, &w.Sent); err != nil {
		return err
	}
	w.Own = w.Sent.clone()
	others, err := u.otherUnits(ctx, id)
	if err != nil {
		return err
	}
	for _, other := range others {
		var report Report
		if err := u.readDocument(ctx, id, other, reportKey, &report); err != nil {
			return err
		}
		w.Others[other] = report
	}
	return nil
}

// otherUnits lists the application's other units. Juju 4.1-beta2 does not tell those that stay of one that has gone: no
// relation-departed runs, and relation-list goes on naming it. The application's goal does not.
func (u *unit) otherUnits(ctx context.Context, peers hook.RelationID) ([]string, error) {
	listed, err := u.RelationUnits(ctx, peers)
	if err != nil || len(listed) == 0 {
		return nil, err
	}
	goal, err := u.GoalState(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(listed, func(other string) bool {
		_, stays := goal.Units[other]
		return !stays
	}), nil
}

func (u *unit) observeClients(ctx context.Context, w *World) error {
	ids, err := u.RelationIDs(ctx, clientEndpoint)
	if err != nil {
		return err
	}
	slices.Sort(ids)
	for _, id := range ids {
		client, err := u.observeClient(ctx, id, w.Leader)
		if err != nil {
			return err
		}
		w.Clients = append(w.Clients, client)
	}
	return nil
}

func (u *unit) observeClient(ctx context.Context, id hook.RelationID, leader bool) (Client, error) {
	client := Client{ID: id}
	if u.Relation != nil && u.Relation.ID == id && u.Kind == hook.RelationBroken {
		client.Broken = true
		return client, nil
	}
	var err error
	if client.App, err = u.RelationApp(ctx, id); err != nil {
		return client, err
	}
	bag, err := u.RelationGet(ctx, id, client.App)
	if err != nil {
		return client, err
	}
	client.Want, client.WantErr = schemas.DecodeRequirer(bag)
	if leader {
		client.Published, err = u.RelationGet(ctx, id, u.Application())
	}
	return client, err
}

func (u *unit) observeRuntime(ctx context.Context, w *World) error {
	w.Runtime = Runtime{
		KafkaDir: u.kafka.Current(), JavaHome: os.Getenv("JAVA_HOME"),
		WorkerDir: u.layout.workerDir(), PluginPath: u.store.Path(),
	}
	if program, err := os.Stat(u.layout.program()); err == nil {
		w.Runtime.Build = fmt.Sprintf("%d-%d", program.Size(), program.ModTime().UnixNano())
	}
	if !machine.HasJava() {
		w.Runtime.Problem = "no Java on this machine: install openjdk-17-jre-headless or later"
		w.Runtime.CanInstallJava = u.ownMachine
	}
	if w.Runtime.KafkaDir != "" && u.Kind != hook.UpgradeCharm {
		return nil // Juju tells of a new resource by upgrade-charm
	}
	archive, err := u.ResourceGet(ctx, kafkaResource)
	if hook.IsNotFound(err) {
		return nil // nothing attached: the status says so
	}
	if err != nil {
		return err
	}
	w.Runtime.Archive, w.Runtime.Pending = archive, u.kafka.Pending(archive)
	return nil
}

func (u *unit) observeStore(w *World) error {
	installed, err := u.store.Installed()
	if err != nil {
		return err
	}
	w.Store = nil
	u.classes = map[plugins.Digest][]string{}
	for _, plugin := range installed {
		w.Store = append(w.Store, plugin.Digest)
		u.classes[plugin.Digest] = plugin.Classes
	}
	return nil
}

// observeServices asks Pebble, the gateway and the worker how they are, and brings this unit's report up to date.
func (u *unit) observeServices(ctx context.Context, w *World) error {
	states, err := u.supervisor.Services(ctx)
	if err != nil {
		return err
	}
	written, _ := os.ReadFile(u.layout.servicesFile())
	services := Services{Written: string(written)}
	if services.Started, err = worker.ReadStarted(u.layout.workerDir()); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, probePatience)
	defer cancel()
	u.observeGateway(limited, w, &services, states[gatewayService].Running())
	state := states[workerService]
	services.WorkerRunning = state.Running()
	services.WorkerYoung = time.Since(state.Since) < youth
	switch {
	case state.Running():
		u.observeWorker(limited, &services)
	case state.Status == client.StatusBackoff, state.Status == client.StatusError:
		services.WorkerReason = u.whyWorkerDied()
	}
	if !services.WorkerReady && w.canRunWorker() {
		if err := worker.ReachBroker(ctx, w.Config.BootstrapServers); err != nil {
			services.WorkerReason = err.Error()
		}
	}
	w.Services = services
	w.Own.Address, w.Own.Ready = w.Address, services.WorkerReady
	w.Own.Loaded, w.Own.Accounts = services.Loaded, services.Accounts
	return nil
}

func (u *unit) observeGateway(ctx context.Context, w *World, services *Services, running bool) {
	if running {
		state, err := u.control.Status(ctx)
		if err == nil {
			services.GatewayUp, services.Accounts = true, state.Revision
			return
		}
	}
	if w.Address == "" {
		return
	}
	address := net.JoinHostPort(w.Address, strconv.Itoa(w.Config.Port))
	if listener, err := net.Listen("tcp", address); err != nil {
		services.GatewayReason = fmt.Sprintf("%v; free the port or set config rest-port", errors.Unwrap(err))
	} else {
		_ = listener.Close()
	}
}

// observeWorker asks the worker what it has loaded: a plugin is there when it was there at the start and the worker
// lists every class that the plugin's manifests name.
func (u *unit) observeWorker(ctx context.Context, services *Services) {
	classes, err := u.rest.Classes(ctx)
	if err != nil {
		return
	}
	services.WorkerReady = true
	for _, digest := range services.Started.Plugins {
		named, installed := u.classes[digest]
		if installed && !slices.ContainsFunc(named, func(class string) bool { return !classes[class] }) {
			services.Loaded = append(services.Loaded, digest)
		}
	}
}

func (u *unit) whyWorkerDied() string {
	const lines = 200
	log, err := u.supervisor.Logs(workerService, lines)
	if err != nil {
		return "it died at its start"
	}
	return or(worker.ReasonIn(log), "it died at its start")
}

func (u *unit) readDocument(ctx context.Context, id hook.RelationID, owner, key string, document any) error {
	bag, err := u.RelationGet(ctx, id, owner)
	if err != nil || bag[key] == "" {
		return err
	}
	if err := json.Unmarshal([]byte(bag[key]), document); err != nil {
		return fmt.Errorf("read %s in the peer databag of %s: %w", key, owner, err)
	}
	return nil
}

func (r Report) clone() Report {
	r.Plugins, r.Loaded = maps.Clone(r.Plugins), slices.Clone(r.Loaded)
	return r
}

func (r Report) equal(other Report) bool {
	return r.Address == other.Address && r.NeedsRestart == other.NeedsRestart && r.Ready == other.Ready &&
		r.Accounts == other.Accounts && maps.Equal(r.Plugins, other.Plugins) && slices.Equal(r.Loaded, other.Loaded)
}

func sortedKeys[K ~string | ~int, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// operatorName is the charm's own user name.
const operatorName = "operator"

func username(id hook.RelationID) string { return "relation-" + id.String() }

// secretID is the part of a secret's URI that names it within its model.
func secretID(uri string) (string, error) {
	id := uri[strings.LastIndexAny(uri, ":/")+1:]
	if id == "" {
		return "", fmt.Errorf("secret-add: its answer %q is no secret URI", uri)
	}
	return id, nil
}
