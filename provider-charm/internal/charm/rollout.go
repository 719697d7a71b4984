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

// observeWorker asks the worker what it has loaded: a plugin is there when it was there at the start and the worker
// lists its classes.
func (u *unit) observeWorker(ctx context.Context, services *Services) {
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

// GiveTurn lets a unit restart its worker; nobody, where Unit is empty.
type GiveTurn struct{ Unit string }

func (s GiveTurn) Apply(ctx context.Context, u *unit, w *World) error {
	return u.share(ctx, w, func(shared *Shared) { shared.Turn = s.Unit })
}

// needsRestart says whether the worker runs with old settings or without a plugin that is installed.
func (w *World) needsRestart() bool {
	if !w.Services.WorkerRunning || !w.canRunWorker() || !w.mayChangeKafka() {
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

// RestartWorker restarts this unit's worker.
type RestartWorker struct{}

func (RestartWorker) Apply(ctx context.Context, u *unit, w *World) error {
	if err := u.StatusSet(ctx, hook.Status{Name: hook.Maintenance, Message: "restarting the worker"}); err != nil {
		return err
	}
	w.tried.Forget("await worker")
	if err := u.supervisor.Restart(ctx, workerService); err != nil {
		w.Services.WorkerReason = err.Error()
		return u.observeServices(ctx, w)
	}
	if err := u.noteStart(w, w.Config.Settings(w)); err != nil {
		return err
	}
	return u.observeServices(ctx, w)
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
		_, err = u.rest.Classes(probe)
		return err == nil
	})
}

func workerStatus(w *World) (hook.Status, bool) {
	switch {
	case w.Services.WorkerReady && w.needsRestart():
		return waiting("its turn to restart the worker")
	case w.Services.WorkerReady:
		return hook.Status{}, false
	}
	return waiting("the worker: %s", or(w.Services.WorkerReason, "it is starting"))
}
