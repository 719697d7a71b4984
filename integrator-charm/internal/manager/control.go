package manager

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"connectcharms/integrator-charm/internal/overlay"
	"connectcharms/integrator-charm/internal/store"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/control"
	"connectcharms/requirer-lib/state"
)

// kindControl is that of runs in which a connector has changed its own configuration.
const kindControl = "control"

// target is the connector that a message is about.
type target struct {
	name     string // the file's
	full     string // in Kafka Connect
	declared connectors.Connector
	control  state.Control
}

// target finds a connector by its name in Kafka Connect or in the file. It has to be in the file, and not another's in the cluster.
func (k *keeper) target(ctx context.Context, called string) (target, error) {
	file := k.file()
	if file == nil {
		return target{}, k.fileless()
	}
	there, err := k.look(ctx, freshFor)
	if err != nil {
		return target{}, err
	}
	name, found, exists := find(there, called)
	if !exists {
		if at := slices.IndexFunc(file.Connectors, func(c state.Connector) bool { return k.name(c.Name) == called }); at >= 0 {
			name = file.Connectors[at].Name
		}
	}
	at := slices.IndexFunc(file.Connectors, func(c state.Connector) bool { return c.Name == name })
	switch {
	case at < 0:
		return target{}, fmt.Errorf("connector %.100q: %w in the state file", called, ErrNotFound)
	case exists && !found.Owned:
		return target{}, fmt.Errorf("connector %s: %w: it is not this manager's", name, ErrInvalid)
	}
	declared, _, err := file.DesiredOf(name, k.cluster.Secrets)
	if err != nil {
		return target{}, fmt.Errorf("%w: %w", ErrSource, err)
	}
	if exists {
		if err := k.adopt(ctx, name, found); err != nil {
			return target{}, err
		}
	}
	return target{name, k.name(name), declared, file.Connectors[at].Control}, nil
}

// fileless is why there is no state file.
func (k *keeper) fileless() error {
	if k.status().NextSync == nil {
		return ErrEnding // it was not looked for yet
	}
	return fmt.Errorf("%w: there was no good one yet", ErrSource)
}

// control takes a message: see Manager.Control.
func (k *keeper) control(ctx context.Context, called, by string, message control.Message, ifMatch string) (overlay.Taken, error) {
	if !k.cluster.Rules.Active {
		return overlay.Taken{}, ErrStandby
	}
	t, err := k.target(ctx, called)
	if err != nil {
		return overlay.Taken{}, err
	}
	taken, err := k.takeMessage(ctx, t, k.message(message, by), message.IsKnown(), ifMatch)
	k.meters.controlled(k.cluster.Name, outcomeOf(taken, err))
	if err != nil {
		k.log.Warn("a control message is not taken", "connector", t.name, "by", by, "outcome", outcomeOf(taken, err), "error", err)
		return taken, err
	}
	k.log.Info("a control message is taken", "connector", t.name, "by", by, "outcome", taken.Outcome, "version", taken.Version, "keys", taken.Keys)
	return taken, nil
}

// message is what came, as the rules know it.
func (k *keeper) message(m control.Message, by string) overlay.Message {
	text, _ := json.Marshal([]any{m.EmittedAt.UnixMicro(), m.Config.Merge(nil), m.Config.Remove}) // texts can always be encoded
	return overlay.Message{
		Update: m.Config, EmittedAt: m.EmittedAt, TakenAt: k.now().UTC(), By: by, Digest: k.layers.key.Mark(string(text), digestSize),
	}
}

// digestSize is in bytes.
const digestSize = 16

func outcomeOf(taken overlay.Taken, err error) string {
	nonconforming := new(overlay.Nonconforming)
	switch {
	case errors.As(err, &nonconforming):
		return "nonconforming"
	case err != nil:
		return "refused"
	}
	return string(taken.Outcome)
}

// takeMessage decides what becomes of a message.
func (k *keeper) takeMessage(ctx context.Context, t target, m overlay.Message, isKnown bool, ifMatch string) (taken overlay.Taken, err error) {
	err = k.changeOverlay(t.name, func(before overlay.Overlay) (err error) {
		taken = overlay.Taken{}
		if !before.MatchesVersion(ifMatch) {
			return fmt.Errorf("connector %s has version %d: %w", t.name, before.Version, overlay.ErrVersion)
		}
		outcome, err := known(before, m, isKnown)
		if outcome != "" || err != nil {
			taken = k.taken(ctx, t, before, outcome, nil)
			return err
		}
		taken, err = k.takeNew(ctx, t, before, m)
		return err
	})
	return taken, err
}

// takeNew lays a message over what a connector has changed before, or stops the connector for it.
func (k *keeper) takeNew(ctx context.Context, t target, before overlay.Overlay, m overlay.Message) (overlay.Taken, error) {
	after, keys, err := k.conform(ctx, t, before, m)
	if nonconforming, isHalting := errors.AsType[*overlay.Nonconforming](err); isHalting {
		return overlay.Taken{}, k.halt(ctx, t, before, m, nonconforming)
	}
	if err == nil {
		after, err = k.relay(ctx, before, after)
	}
	if err != nil {
		return overlay.Taken{}, err
	}
	k.hasNews(t.name)
	return k.taken(ctx, t, after, overlay.TakenIn, keys), nil
}

// known is what becomes of a message that changes nothing, whatever it says.
func known(before overlay.Overlay, m overlay.Message, isKnown bool) (overlay.Outcome, error) {
	if !isKnown {
		return overlay.Ignored, nil
	}
	if problems, is := before.Knows(m.Digest); is && len(problems) > 0 {
		return "", &overlay.Nonconforming{Connector: before.Connector, Problems: problems}
	} else if is {
		return overlay.Duplicate, nil
	}
	if len(m.Keys()) > 0 && len(before.Newer(m).Keys()) == 0 {
		return overlay.Stale, nil
	}
	return "", nil
}

// hasNews has an overlay applied soon.
func (k *keeper) hasNews(connector string) {
	k.layers.hurry(connector)
	k.hub.Tell(k.cluster.Name, OnOverlays, OnConnectors)
	poke(k.layers.news)
}

func (k *keeper) taken(ctx context.Context, t target, o overlay.Overlay, outcome overlay.Outcome, keys []string) overlay.Taken {
	taken := overlay.Taken{Connector: t.name, Version: o.Version, Outcome: outcome, Keys: append([]string{}, keys...)}
	taken.Applied, taken.Waiting = k.isApplied(ctx, o, t.declared)
	return taken
}

// halt keeps a connector stopped: that is on disk, and in the history, before anything is done.
func (k *keeper) halt(ctx context.Context, t target, before overlay.Overlay, m overlay.Message, why *overlay.Nonconforming) error {
	after := before.Refuse(m, why.Problems, t.declared)
	if after.IsHaltedLike(before) {
		if _, err := k.relay(ctx, before, after); err != nil {
			return err
		}
		return why // its owner knows
	}
	now := k.now()
	run := store.Run{Kind: kindControl, By: m.By, Began: now, Ended: now, Error: why.Error()}
	run.Summary, _ = json.Marshal(connectors.Report{Connectors: []connectors.Result{{Name: t.name, Err: why}}}.Summary()) // texts can always be encoded
	if _, err := k.relay(ctx, before, after, run); err != nil {
		return err
	}
	k.hasNews(t.name)
	k.hub.Tell(k.cluster.Name, OnHistory, OnStatus)
	k.tellHalted(ctx, t.name, m, why)
	return why
}

// refuse halts a connector whose message cannot even be one.
func (k *keeper) refuse(ctx context.Context, called, by string, problems control.Problems) error {
	ofConfig := inConfig(problems)
	if len(ofConfig) == 0 {
		return problems
	}
	if !k.cluster.Rules.Active {
		return ErrStandby
	}
	t, err := k.target(ctx, called)
	if err != nil {
		return err
	}
	m := k.message(control.Message{EmittedAt: k.now()}, by)
	why := overlay.NewNonconforming(t.name, ofConfig)
	err = k.changeOverlay(t.name, func(before overlay.Overlay) error { return k.halt(ctx, t, before, m, why) })
	k.meters.controlled(k.cluster.Name, outcomeOf(overlay.Taken{}, err))
	return err
}

// configField is where a message has the configuration.
const configField = "connectorConfig.config."

// inConfig are the problems of keys of the configuration.
func inConfig(problems control.Problems) (found []overlay.Problem) {
	for _, problem := range problems {
		if _, key, is := strings.Cut(problem.Field, configField); is {
			found = append(found, overlay.Problem{Field: key, Reason: problem.Reason})
		}
	}
	return found
}

// adopt takes over what the cluster has noted of a connector, where that is more than is known here.
func (k *keeper) adopt(ctx context.Context, name string, found connectors.Found) error {
	if !found.Owned || !k.cluster.Rules.Active {
		return nil
	}
	return k.changeOverlay(name, func(before overlay.Overlay) error {
		from := before
		if k.layers.isLost(name) {
			from.Version = 0
		}
		after, is := from.Adopt(found, k.now().UTC())
		if !is {
			return nil
		}
		after.Version = max(after.Version, before.Version)
		if _, err := k.relay(ctx, before, after); err != nil {
			return err
		}
		k.log.Warn("what a connector has changed was not known here: it is as the cluster has it", "connector", name,
			"keys", slices.Sorted(maps.Keys(after.Keys)))
		return nil
	})
}
