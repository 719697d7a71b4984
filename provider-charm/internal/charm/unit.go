package charm

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"strconv"
	"time"

	"connectcharms/provider-charm/internal/distribution"
	"connectcharms/provider-charm/internal/gateway"
	"connectcharms/provider-charm/internal/machine"
	"connectcharms/provider-charm/internal/plugins"
	"connectcharms/provider-charm/internal/supervisor"
	"connectcharms/provider-charm/internal/worker"
	"connectcharms/requirer-lib/atomicfile"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/reconcile"
	"connectcharms/requirer-lib/secret"
)

// The services that Pebble runs.
const (
	gatewayService = "gateway"
	workerService  = "worker"
)

// unit is what steps work with: the hook's tools and the things of this unit.
type unit struct {
	*hook.Hook
	log        *slog.Logger
	ownMachine bool
	layout     layout
	store      *plugins.Store
	kafka      *distribution.Store
	supervisor *supervisor.Supervisor
	control    gateway.Control
	rest       *worker.REST
	classes    map[plugins.Digest][]string // of the plugins in the store
}

// Run does what is due in a hook, or the action that was asked for.
func Run(ctx context.Context, h *hook.Hook, log *slog.Logger) error {
	u, err := newUnit(ctx, h, log)
	if err != nil {
		return err
	}
	if h.Kind == hook.Action {
		return u.act(ctx)
	}
	w, err := u.observe(ctx)
	if err != nil {
		return err
	}
	if err := reconcile.Run(ctx, u, w, next, log); err != nil || w.Leaving {
		return err
	}
	return u.StatusSet(ctx, status(w))
}

func newUnit(ctx context.Context, h *hook.Hook, log *slog.Logger) (*unit, error) {
	places := layoutOf(h.Event)
	own := machine.IsOwn(h.Event)
	group := 0
	if own {
		var err error
		if group, err = machine.MakeServiceUser(ctx); err != nil {
			return nil, err
		}
	}
	if err := places.make(group); err != nil {
		return nil, err
	}
	store, err := plugins.Open(places.pluginsDir())
	if err != nil {
		return nil, err
	}
	pebble, err := supervisor.New(places.pebble(), places.pebbleDir(), places.name()+"-pebble", own)
	if err != nil {
		return nil, err
	}
	return &unit{
		Hook: h, log: log, ownMachine: own, layout: places, store: store, kafka: distribution.Open(places.kafkaDir()),
		supervisor: pebble, control: gateway.Control{Socket: places.controlFile()},
	}, nil
}

// services is what Pebble is to run.
func (u *unit) services(settings worker.Settings, withWorker bool) map[string]supervisor.Service {
	services := map[string]supervisor.Service{gatewayService: {
		Summary: "Kafka Connect gateway", Override: "replace", Startup: "enabled",
		Command:   u.layout.program() + " gateway --config " + u.layout.gatewayFile(),
		KillDelay: "12s", BackoffDelay: "500ms", BackoffLimit: "10s",
	}}
	if withWorker {
		services[workerService] = settings.Service()
	}
	if u.ownMachine {
		for name, service := range services {
			service.User = machine.ServiceUser
			services[name] = service
		}
	}
	return services
}

// writeSettings writes the files that the services read at their start.
func (u *unit) writeSettings(w *World, settings worker.Settings) error {
	config, err := json.MarshalIndent(gateway.Config{
		Listen:   net.JoinHostPort(w.Address, strconv.Itoa(w.Config.Port)),
		Upstream: settings.URL(),
		Accounts: u.layout.accountsFile(),
		Control:  u.layout.controlFile(),
	}, "", "  ")
	if err != nil {
		return err
	}
	if err := atomicfile.Write(u.layout.gatewayFile(), config, 0o640); err != nil {
		return err
	}
	return atomicfile.Write(settings.PropertiesFile(), []byte(settings.Properties()), 0o640)
}

// noteStart remembers what the worker was just started with.
func (u *unit) noteStart(w *World, settings worker.Settings) error {
	return worker.Started{Settings: settings.Fingerprint(), Plugins: w.Store}.Write(u.layout.workerDir())
}

func (u *unit) writeServicesNote(fingerprint string) error {
	return atomicfile.Write(u.layout.servicesFile(), []byte(fingerprint), 0o600)
}

// share changes the application's peer databag. Without a peer relation there is nobody to share with, yet.
func (u *unit) share(ctx context.Context, w *World, change func(*Shared)) error {
	w.Shared.Clients = maps.Clone(w.Shared.Clients)
	change(&w.Shared)
	document, err := json.Marshal(w.Shared)
	if err != nil {
		return err
	}
	return u.RelationSetApp(ctx, *w.PeerRelation, hook.Databag{sharedKey: string(document)})
}

// addCredentials makes a secret of the application's.
func (u *unit) addCredentials(ctx context.Context, username string, password secret.Value, label string) (id string, err error) {
	content := hook.SecretContent{"username": secret.New(username), "password": password}
	uri, err := u.SecretAdd(ctx, content, hook.SecretOptions{Label: label})
	if err != nil {
		return "", err
	}
	return secretID(uri)
}

func (u *unit) sendReport(ctx context.Context, id hook.RelationID, report Report) error {
	document, err := json.Marshal(report)
	if err != nil {
		return err
	}
	return u.RelationSet(ctx, id, hook.Databag{reportKey: string(document)})
}

// publish writes into a client's databag.
func (u *unit) publish(ctx context.Context, w *World, id hook.RelationID, changes hook.Databag) error {
	if err := u.RelationSetApp(ctx, id, changes); err != nil {
		return err
	}
	for i := range w.Clients {
		if w.Clients[i].ID == id {
			w.Clients[i].Published = maps.Clone(w.Clients[i].Published)
			maps.Copy(w.Clients[i].Published, changes)
		}
	}
	return nil
}

// restartGateway puts new settings of the gateway into force.
func (u *unit) restartGateway(ctx context.Context, w *World) error {
	w.tried.Forget("await gateway")
	return u.supervisor.Restart(ctx, gatewayService)
}

// openOnly opens the gateway's port in the model's firewall, and closes one that it had before.
func (u *unit) openOnly(ctx context.Context, port int) error {
	opened, err := u.OpenedPorts(ctx)
	if err != nil {
		return err
	}
	for _, old := range opened {
		var number int
		if _, err := fmt.Sscanf(old, "%d/tcp", &number); err == nil && number != port {
			if err := u.ClosePort(ctx, number, "tcp"); err != nil {
				return err
			}
		}
	}
	return u.OpenPort(ctx, port, "tcp")
}

// awaitGateway waits until the gateway answers, or ctx ends.
func (u *unit) awaitGateway(ctx context.Context) {
	poll(ctx, func() (done bool) {
		_, err := u.control.Status(ctx)
		return err == nil
	})
}

// awaitWorker waits until the worker answers, dies, or ctx ends.
func (u *unit) awaitWorker(ctx context.Context) {
	poll(ctx, func() (done bool) {
		states, err := u.supervisor.Services(ctx)
		if err != nil || !states[workerService].Running() {
			return true
		}
		probe, cancel := context.WithTimeout(ctx, probePatience)
		defer cancel()
		_, err = u.rest.Classes(probe)
		return err == nil
	})
}

// pollEvery is how often poll asks: often enough to cost a start of some seconds little.
const pollEvery = 100 * time.Millisecond

func poll(ctx context.Context, done func() bool) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
