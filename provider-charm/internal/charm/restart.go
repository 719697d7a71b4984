package charm

import (
	"context"
	"slices"
	"time"

	"connectcharms/provider-charm/internal/plugins"
	"connectcharms/provider-charm/internal/worker"
	"connectcharms/requirer-lib/hook"
)

// youth is how long after its start a worker may still become ready.
const youth = 90 * time.Second

// observeWorker asks the worker whether it is up, in its group and all, and what it has loaded: a plugin is there when it
// was there at the start and the worker lists its classes.
func (u *unit) observeWorker(ctx context.Context, services *Services) {
	if u.rest.Healthy(ctx) != nil {
		return
	}
	classes, err := u.rest.Classes(ctx)
	if err != nil {
		return
	}
	services.WorkerReady = true
	for _, digest := range services.Started.Plugins {
		if plugin, is := u.installed[digest]; is && plugin.LoadedBy(classes) {
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

// needsRestart says whether the worker runs with old settings, without a plugin that is installed, or since before an
// operator asked for a restart.
func (w *World) needsRestart() bool {
	if !w.Services.WorkerRunning || !w.canRunWorker() || !w.mayChangeKafka() {
		return false
	}
	started := w.Services.Started
	if started.Settings != w.Config.Settings(w).Fingerprint() || started.Request < w.Shared.Restart {
		return true
	}
	return slices.ContainsFunc(w.wanted(), func(d plugins.Digest) bool { return !slices.Contains(started.Plugins, d) })
}

// restartWorker restarts for all that waits in one go. By then the rules have downloaded what the requirers name.
func restartWorker(w *World) Step {
	if !w.needsRestart() || !w.mayRestart() {
		return nil
	}
	return w.once("restart", RestartWorker{})
}

// mayRestart says whether this unit may restart its worker now: in turn, or by itself where there is nobody to take turns
// with, or nothing to take over.
func (w *World) mayRestart() bool {
	if w.hasTurn() {
		return true
	}
	return (len(w.Others) == 0 || !w.Services.WorkerReady) && w.unasked() == ""
}

// RestartWorker restarts this unit's worker.
type RestartWorker struct{}

func (RestartWorker) Apply(ctx context.Context, u *unit, w *World) error {
	if err := u.StatusSet(ctx, hook.Status{Name: hook.Maintenance, Message: "restarting the worker"}); err != nil {
		return err
	}
	w.tried.Forget("await worker")
	w.useTurn()
	if err := u.supervisor.Restart(ctx, workerService); err != nil {
		w.Services.WorkerReason = err.Error()
		return u.observeServices(ctx, w)
	}
	if err := u.noteStart(w, w.Config.Settings(w)); err != nil {
		return err
	}
	return u.observeServices(ctx, w)
}

// useTurn uses up this unit's turn, if it has it.
func (w *World) useTurn() {
	if w.hasTurn() {
		w.Own.Turned = w.Shared.Turn.Number
	}
}

// noteStart remembers what the worker was just started with.
func (u *unit) noteStart(w *World, settings worker.Settings) error {
	return w.noteOf(settings).Write(u.layout.workerDir())
}

// awaitWorker waits for a worker that was just started. One that is up for long and still not ready is not waited for
// in every hook.
func awaitWorker(w *World) Step {
	if !w.Services.WorkerRunning || w.Services.WorkerReady || !w.Services.WorkerYoung {
		return nil
	}
	return w.once("await worker", AwaitWorker{})
}

// AwaitWorker waits for the worker to say what it has loaded.
type AwaitWorker struct{}

func (AwaitWorker) Apply(ctx context.Context, u *unit, w *World) error {
	if w.Services.BrokerReason != "" {
		return nil // it will not become ready; the status says why
	}
	limited, cancel := context.WithTimeout(ctx, workerPatience)
	defer cancel()
	u.awaitWorker(limited)
	return u.observeServices(ctx, w)
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
		return u.rest.Healthy(probe) == nil
	})
}

func workerStatus(w *World) (hook.Status, bool) {
	plugin, secrets := w.missingPlugin(), w.missingSecrets()
	switch {
	case w.Services.WorkerReady:
		return hook.Status{}, false
	case plugin != "" && !w.Services.WorkerRunning:
		return waiting("the plugin of %s, without which the worker would fail its tasks", plugin)
	case secrets != "" && !w.Services.WorkerRunning:
		return waiting("the connector secrets of %s, without which its tasks would fail: %s", secrets, w.whySecretsMiss())
	}
	return waiting("the worker: %s", or(w.Services.WorkerReason, "it is starting"))
}
