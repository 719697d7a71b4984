package manager

import (
	"context"
	"maps"
	"slices"
	"time"

	"connectcharms/integrator-charm/internal/store"
	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/state"
)

// tendEvery is how often connectors are looked at for failures, where syncs are not more frequent still.
const tendEvery = 10 * time.Second

// tend restarts what has failed, until the context ends.
func (k *keeper) tend(ctx context.Context) {
	tick := time.NewTicker(min(tendEvery, k.cluster.Rules.Interval))
	defer tick.Stop()
	for {
		k.attend(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-k.failed:
		}
	}
}

// attend looks at all connectors once. What is to be remembered is on disk before anything is done, so that a process that
// is killed begins no back-off anew.
func (k *keeper) attend(ctx context.Context) {
	k.note(func(i *inner) { i.beat = k.now() })
	there, err := k.look(ctx, 0)
	if ctx.Err() != nil || !k.cluster.Rules.Active {
		return
	}
	k.tellTrouble(ctx)
	file := k.file()
	if err != nil || file == nil {
		return
	}
	round, err := k.decide(ctx, file, there)
	if err != nil {
		if ctx.Err() == nil {
			k.log.Error("nothing is restarted", "error", err)
		}
		return
	}
	k.restart(ctx, round.restarts, there)
	if len(round.givenUp) > 0 {
		k.log.Error("connectors are not restarted any more: a person has to look", "connectors", round.givenUp)
	}
	k.tellHealth(ctx, file, there)
	if len(round.changed)+len(round.over) > 0 {
		k.hub.Tell(k.cluster.Name, OnConnectors, OnStatus)
	}
}

func (k *keeper) decide(ctx context.Context, file *state.File, there map[string]connectors.Found) (round, error) {
	k.tending.Lock()
	defer k.tending.Unlock()
	round := k.round(file, there)
	if err := k.store.SaveRestarts(ctx, k.cluster.Name, round.changed, round.over); err != nil {
		return round, err
	}
	k.note(func(i *inner) { i.backoffs = round.backoffs })
	return round, nil
}

// round is what comes of one look.
type round struct {
	backoffs map[string]*backoff
	changed  []store.Restart
	over     []string
	restarts []string
	givenUp  []string
}

func (k *keeper) round(file *state.File, there map[string]connectors.Found) round {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	r := round{backoffs: map[string]*backoff{}}
	well := map[string]time.Time{}
	for _, wanted := range file.Connectors {
		found, exists := there[wanted.Name]
		if !exists || !found.Owned {
			continue
		}
		if found.Status.AllRunning() {
			if well[wanted.Name] = now; !k.inner.well[wanted.Name].IsZero() {
				well[wanted.Name] = k.inner.well[wanted.Name]
			}
		}
		done := treat(patient{
			policy: wanted.Restart, isWanted: wanted.State == connect.Running, status: found.Status,
			known: k.inner.backoffs[wanted.Name], well: well[wanted.Name],
		}, now)
		r.add(k.cluster.Name, wanted.Name, k.inner.backoffs[wanted.Name], done, firstLine(failure(found)))
	}
	for name := range k.inner.backoffs {
		if r.backoffs[name] == nil {
			r.over = append(r.over, name)
		}
	}
	slices.Sort(r.over)
	k.inner.well = well
	return r
}

func (r *round) add(cluster, name string, before *backoff, done remedy, reason string) {
	if done.restart {
		r.restarts = append(r.restarts, name)
	}
	if done.giveUp {
		r.givenUp = append(r.givenUp, name)
	}
	if done.known == nil {
		return
	}
	r.backoffs[name] = done.known
	if before == nil || *before != *done.known {
		r.changed = append(r.changed, done.known.record(cluster, name, reason))
	}
}

func (b *backoff) record(cluster, name, reason string) store.Restart {
	return store.Restart{
		Cluster: cluster, Connector: name, Attempts: b.attempts, Since: b.since, Last: b.last, Next: b.next, GivenUp: b.givenUp,
		Reason: reason,
	}
}

func (k *keeper) recallBackoffs(ctx context.Context) (map[string]*backoff, error) {
	all := map[string]*backoff{}
	kept, err := k.store.Restarts(ctx, k.cluster.Name)
	for _, one := range kept {
		all[one.Connector] = &backoff{attempts: one.Attempts, since: one.Since, last: one.Last, next: one.Next, givenUp: one.GivenUp}
	}
	return all, err
}

// restart restarts what has failed of connectors. What cannot be restarted is tried again when its back-off is over.
func (k *keeper) restart(ctx context.Context, names []string, there map[string]connectors.Found) {
	failures := connect.Each(ctx, 0, names, func(ctx context.Context, name string) error {
		_, err := k.cluster.client().Restart(ctx, there[name].Connector, connect.RestartOptions{IncludeTasks: true, OnlyFailed: true})
		return err
	})
	for _, name := range names {
		k.meters.restarted(k.cluster.Name, failures[name])
		k.log.Info("restarted what has failed", "connector", name, "error", failures[name])
	}
}

// heal forgets the failures of connectors that somebody has done something about.
func (k *keeper) heal(ctx context.Context, names []string) {
	k.tending.Lock()
	defer k.tending.Unlock()
	var over []string
	k.note(func(i *inner) {
		backoffs := maps.Clone(i.backoffs)
		for _, name := range names {
			if backoffs[name] != nil {
				over = append(over, name)
				delete(backoffs, name)
			}
		}
		i.backoffs = backoffs
	})
	if len(over) == 0 {
		return
	}
	if err := k.store.SaveRestarts(ctx, k.cluster.Name, nil, over); err != nil {
		k.log.Error("restarts are counted on", "connectors", over, "error", err)
	}
}

// failure is what has failed of a connector, with what is secret of it hidden.
func failure(found connectors.Found) string {
	if found.Status.Connector.State == connect.Failed {
		return redacted(found, found.Status.Connector.Trace)
	}
	for _, task := range found.Status.Tasks {
		if task.State == connect.Failed {
			return redacted(found, task.Trace)
		}
	}
	return ""
}

func redacted(found connectors.Found, text string) string {
	var hide []string
	for _, key := range found.Secret {
		hide = append(hide, found.Config[key])
	}
	return connect.RedactTexts(connect.Redact(text, found.Config), hide...)
}

// beat is when connectors were last looked at for failures, or were about to be.
func (k *keeper) beat() time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.inner.beat
}
