package connectors

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"connectcharms/requirer-lib/connect"
)

// run is one call.
type run struct {
	Owned
	desired  Desired
	options  Options
	lookOnly bool
	log      *slog.Logger

	there   map[string]connect.ListedConnector // as last seen; nil before it was
	looks   int
	problem error // of the last look
	records map[string]*record
}

// record is what this call knows and has done of one connector.
type record struct {
	tried   []Action
	done    []Action
	keys    []string           // that an update changed
	since   int                // number of looks when an action was last tried
	err     error              // nothing more is tried after it
	configs []connect.Settings // it had: its traces may quote secrets of any
}

func newRun(owned Owned, desired Desired, options Options, lookOnly bool) *run {
	r := &run{
		Owned: owned, desired: desired, options: options, lookOnly: lookOnly,
		log: cmp.Or(options.Log, slog.New(slog.DiscardHandler)), records: map[string]*record{},
	}
	for name, connector := range desired {
		err := connector.check(name)
		if err == nil {
			err = checkWhole(owned.Names.ConnectorName(name))
		}
		r.records[name] = &record{err: err, configs: []connect.Settings{connector.Config}}
	}
	return r
}

// look sees what there is now. When it cannot, what was seen before stands.
func (r *run) look(ctx context.Context) bool {
	limited, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	there, err := r.Observe(limited)
	if err != nil && ctx.Err() != nil && r.there != nil {
		return false // nothing is wrong but that the time is over
	}
	if r.problem = err; err != nil {
		return false
	}
	r.there = there
	r.looks++
	for name, connector := range there {
		if r.records[name] == nil {
			r.records[name] = &record{}
		}
		if known := r.records[name]; !slices.ContainsFunc(known.configs, func(config connect.Settings) bool {
			return maps.Equal(config, connector.Info.Config)
		}) {
			known.configs = append(known.configs, connector.Info.Config)
		}
	}
	return true
}

// apply carries out what is due and was not tried yet in this call.
func (r *run) apply(ctx context.Context) {
	due := map[string]Change{}
	for _, change := range r.due() {
		due[change.Name] = change
	}
	failures := connect.Each(ctx, r.options.AtOnce, slices.Collect(maps.Keys(due)), func(ctx context.Context, name string) error {
		return r.carryOut(ctx, due[name])
	})
	for name, err := range failures {
		r.records[name].err = err
	}
}

func (r *run) due() []Change {
	if r.lookOnly {
		return nil
	}
	var due []Change
	for _, change := range Plan(r.desired, r.there, r.options) {
		record := r.records[change.Name]
		change.Actions = slices.DeleteFunc(change.Actions, func(action Action) bool { return slices.Contains(record.tried, action) })
		if record.err == nil && len(change.Actions) > 0 {
			due = append(due, change)
		}
	}
	return due
}

// carryOut does the actions of one change, each in turn.
func (r *run) carryOut(ctx context.Context, change Change) error {
	record, connector := r.records[change.Name], r.Names.ConnectorName(change.Name)
	for _, action := range change.Actions {
		record.tried, record.since = append(record.tried, action), r.looks
		done, err := r.act(ctx, action, connector, r.desired[change.Name])
		if err != nil {
			return fmt.Errorf("%s: %w", action, err)
		}
		if !done {
			continue
		}
		record.done = append(record.done, action)
		if action == Update {
			record.keys = change.Keys
		}
		r.log.Info("connector", "name", connector, "action", action)
	}
	return nil
}

// act does one action. It is not done where another has done it meanwhile.
func (r *run) act(ctx context.Context, action Action, connector string, wanted Connector) (done bool, err error) {
	switch action {
	case Create:
		err = r.create(ctx, connector, wanted)
		if errors.Is(err, connect.ErrAlreadyExists) {
			return false, nil // the next look shows how it is, and what is to be done about that
		}
	case Update:
		_, _, err = r.Client.PutConfig(ctx, connector, wanted.Config)
	case Pause:
		err = r.Client.Pause(ctx, connector)
	case Resume:
		err = r.Client.Resume(ctx, connector)
	case Stop:
		err = r.Client.Stop(ctx, connector)
	case Restart:
		_, err = r.Client.Restart(ctx, connector, connect.RestartOptions{IncludeTasks: true, OnlyFailed: true})
	case Delete:
		if err = r.Client.Delete(ctx, connector); errors.Is(err, connect.ErrNotFound) {
			return false, nil
		}
	}
	return err == nil, err
}

// create makes a connector in its state. Kafka Connect before 3.7 knows no such thing (KIP-980): there it runs for a
// moment first.
func (r *run) create(ctx context.Context, connector string, wanted Connector) error {
	if wanted.state() == connect.Running {
		_, err := r.Client.Create(ctx, connector, wanted.Config, "")
		return err
	}
	_, err := r.Client.Create(ctx, connector, wanted.Config, connect.InitialState(wanted.state()))
	if !knowsNoInitialState(err) {
		return err
	}
	if _, err = r.Client.Create(ctx, connector, wanted.Config, ""); err != nil {
		return err
	}
	if wanted.state() == connect.Paused {
		return r.Client.Pause(ctx, connector)
	}
	return r.Client.Stop(ctx, connector)
}

func knowsNoInitialState(err error) bool {
	said, is := errors.AsType[*connect.APIError](err)
	return is && strings.Contains(said.Message, `Unrecognized field "initial_state"`)
}

// await looks again until nothing more is to be expected of this call. What only shows now is seen to as well.
func (r *run) await(ctx context.Context) {
	waiting, cancel := context.WithTimeout(ctx, cmp.Or(r.options.Wait, defaultWait))
	defer cancel()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for r.isPending() {
		select {
		case <-tick.C:
		case <-waiting.Done():
			return
		}
		if r.look(waiting) {
			r.apply(ctx)
		}
	}
}
