package charm

import (
	"context"
	"fmt"
	"maps"
	"os"
	"strings"
	"time"

	"connectcharms/provider-charm/internal/worker"
	"connectcharms/requirer-lib/atomicfile"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/reconcile"
	"connectcharms/requirer-lib/supervisor"
)

// The services that Pebble runs.
const (
	gatewayService = "gateway"
	workerService  = "worker"
)

// How long a hook waits for what this unit itself has started. Juju runs a unit's hooks one after another: one that
// waits holds up the others.
const (
	stopPatience    = 15 * time.Second // what a worker has to end before Pebble kills it
	workerPatience  = 60 * time.Second
	gatewayPatience = 5 * time.Second
)

// probePatience bounds a question to a service that should be up.
const probePatience = 2 * time.Second

// observeServices asks Pebble, the gateway and the worker how they are, and brings this unit's report up to date.
func (u *unit) observeServices(ctx context.Context, w *World) error {
	states, err := u.supervisor.Services(ctx)
	if err != nil {
		return err
	}
	written, _ := os.ReadFile(u.layout.servicesFile())
	services := Services{Written: string(written), GatewayRunning: states[gatewayService].Running()}
	if services.Started, err = worker.ReadStarted(u.layout.workerDir()); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, probePatience)
	defer cancel()
	if err := u.observeGateway(limited, w, &services); err != nil {
		return err
	}
	state := states[workerService]
	services.WorkerRunning = state.Running()
	services.WorkerYoung = time.Since(state.Since) < youth
	switch {
	case state.Running():
		u.observeWorker(limited, &services)
	case state.Died():
		services.WorkerReason = u.whyWorkerDied()
	}
	if services.WorkerReady {
		u.observeLoggers(limited, &services)
	}
	if u.observeBrokers(ctx, w, &services); services.BrokerReason != "" {
		services.WorkerReason = services.BrokerReason
	}
	w.Services = services
	w.Own.Address, w.Own.Ready, w.Own.Trouble = w.Address, services.WorkerReady, services.WorkerReason
	w.Own.Loaded, w.Own.Accounts = services.Loaded, services.Accounts
	w.reportTLS()
	w.reportSecrets()
	w.Own.ExactlyOnce = services.Started.ExactlyOnce
	return nil
}

// readWorkerConfig reads what a worker's process may take.
func readWorkerConfig(config *Config, options hook.Config, _ hook.Event) (problem string) {
	config.HeapMiB, problem = within(options, "worker-heap", 64, 1<<20)
	return problem
}

// runServices tells Pebble what to run, and has it run what it does not. With a configuration that cannot be, what runs
// goes on as it is; so does a worker, with a Kafka that is not clear or lets
// nobody in: what a worker that dies is started with again stays what let it in before.
func runServices(w *World) Step {
	unclear := w.Services.WorkerRunning && (w.Kafka.isUnclear() || !w.mayChangeKafka())
	if w.Address == "" || w.Config.Problem != "" || w.Runtime.Waits != "" || !w.hasIdentity() || unclear {
		return nil
	}
	desired := w.servicesFingerprint()
	down := !w.Services.GatewayUp || w.canRunWorker() && !w.Services.WorkerRunning
	if w.Services.Written == desired && !down {
		return nil
	}
	isAnotherGateway := w.Services.GatewayRunning && !strings.HasSuffix(w.Services.Written, w.gatewayFingerprint())
	return w.once("services "+desired, RunServices{Worker: w.canRunWorker(), RestartGateway: isAnotherGateway, Fingerprint: desired})
}

// servicesFingerprint tells what is to run; it ends with gatewayFingerprint.
func (w *World) servicesFingerprint() string {
	return fmt.Sprintf("%s worker=%v %s", w.Config.Settings(w).Fingerprint(), w.canRunWorker(), w.gatewayFingerprint())
}

// gatewayFingerprint tells what the gateway is restarted for. That closes its port for a moment, on all units at about the same time: a
// setting of the worker is no reason. What else the gateway's configuration says is for configureGateway.
func (w *World) gatewayFingerprint() string {
	return fmt.Sprintf("gateway=%s identity=%s build=%s", w.listen(), w.Identity.Held.Fingerprint(), w.Runtime.Build)
}

func (w *World) canRunWorker() bool {
	return w.Config.Problem == "" && !w.Kafka.Access.IsZero() && w.Runtime.KafkaDir != "" && w.Runtime.Problem == "" &&
		w.hasIdentity() && (w.Services.WorkerRunning || w.missingPlugin() == "" && w.missingSecrets() == "")
}

// RunServices has Pebble run the gateway, and the worker where it can run.
type RunServices struct {
	Worker         bool
	RestartGateway bool // it runs, with what it is to be started with no more
	Fingerprint    string
}

func (s RunServices) Apply(ctx context.Context, u *unit, w *World) error {
	wasRunning := w.Services.WorkerRunning
	if s.Worker && !wasRunning {
		if err := u.StatusSet(ctx, hook.Status{Name: hook.Maintenance, Message: "starting the worker"}); err != nil {
			return err
		}
	}
	settings := w.Config.Settings(w)
	if err := u.writeSettings(w, settings); err != nil {
		return err
	}
	if err := u.supervisor.Ensure(ctx, u.plan(w, settings, s.Worker)); err != nil {
		return err
	}
	if s.RestartGateway {
		if err := u.restartGateway(ctx, w); err != nil {
			return err
		}
	}
	if !s.Worker {
		if err := u.supervisor.Halt(ctx, workerService); err != nil {
			return err
		}
	}
	if s.Worker && !wasRunning {
		if err := u.noteStart(w, settings); err != nil {
			return err
		}
	}
	if w.Runtime.Version != "" {
		if err := u.ApplicationVersionSet(ctx, w.Runtime.Version); err != nil {
			return err
		}
	}
	if err := u.writeServicesNote(s.Fingerprint); err != nil {
		return err
	}
	return u.observeServices(ctx, w)
}

// plan is what Pebble is to run. The gateway's check makes no difference but on Kubernetes, where a pod that fails one
// gets no requests through the application's service.
func (u *unit) plan(w *World, settings worker.Settings, withWorker bool) supervisor.Plan {
	services := map[string]supervisor.Service{gatewayService: {
		Summary: "Kafka Connect gateway", Override: "replace", Startup: "enabled",
		Command:   u.seen.program() + " gateway --config " + u.seen.gatewayFile(),
		KillDelay: "12s", BackoffDelay: "500ms", BackoffLimit: "10s",
	}}
	checks := map[string]supervisor.Check{gatewayService: {
		Override: "replace", Level: "ready", Period: "10s", Timeout: "3s", Threshold: 3,
		TCP: &supervisor.TCPCheck{Host: w.ListenAddress, Port: w.Config.Port}, // one that listens on 0.0.0.0 is reached at 0.0.0.0
	}}
	if withWorker {
		services[workerService] = settings.Service()
		maps.Copy(checks, settings.Checks())
	}
	for name, service := range services {
		service.User = u.place.user()
		services[name] = service
	}
	return supervisor.Plan{Services: services, Checks: checks}
}

// writeSettings writes the files that the services read at their start.
func (u *unit) writeSettings(w *World, settings worker.Settings) error {
	if err := u.writeGatewayConfig(w); err != nil {
		return err
	}
	return atomicfile.Write(u.layout.propertiesFile(), []byte(settings.Properties()), 0o640)
}

func (u *unit) writeServicesNote(fingerprint string) error {
	return atomicfile.Write(u.layout.servicesFile(), []byte(fingerprint), 0o600)
}

// leave stops the services of a unit that goes. The leader cleans up after it where a relation ends.
func leave(w *World) Step {
	if w.Event.Kind == hook.Stop || w.Event.Kind == hook.Remove {
		return w.once("leave", StopServices{RemoveFiles: reconcile.IsLast(w.Event)})
	}
	return nil
}

// StopServices ends all that runs, and removes the unit's files where it goes for good.
type StopServices struct{ RemoveFiles bool }

func (s StopServices) Apply(ctx context.Context, u *unit, _ *World) error {
	if err := u.supervisor.Stop(ctx); err != nil {
		return err
	}
	if s.RemoveFiles {
		return u.place.clear()
	}
	return nil
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
