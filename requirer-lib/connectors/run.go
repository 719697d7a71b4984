package connectors

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"

	"connectcharms/requirer-lib/connect"
)

// run is one call.
type run struct {
	Owned
	declared Desired
	desired  Desired // as declared, with what the cluster has noted that connectors have changed themselves
	options  Options
	lookOnly bool
	planned  map[string][]Action // what it may do, by name; nil: all
	log      *slog.Logger

	there    map[string]Found // as last seen; nil before it was
	looks    int
	problem  error // of the last look
	records  map[string]*record
	progress progress
}

// record is what this call knows and has done of one connector.
type record struct {
	wanted Connector
	seen   []Found // with each configuration that it had: its traces may quote secrets of any
	tried  []Action
	done   []Action
	reason string      // of what was done first
	keys   []KeyChange // that a change made a difference in
	since  int         // number of looks when an action was last tried
	err    error       // nothing more is tried after it
	held   string      // likewise
}

func newRun(owned Owned, desired Desired, options Options, lookOnly bool) *run {
	r := &run{
		Owned: owned, declared: desired, desired: desired, options: options, lookOnly: lookOnly,
		log: cmp.Or(options.Log, slog.New(slog.DiscardHandler)), records: map[string]*record{},
		progress: progress{tell: options.Progress},
	}
	for name, connector := range desired {
		r.records[name] = &record{wanted: connector, err: owned.checkDesired(name, connector)}
	}
	return r
}

// look sees what there is now. When it cannot, what was seen before stands.
func (r *run) look(ctx context.Context) bool {
	limited, cancel := context.WithTimeout(ctx, r.options.half())
	defer cancel()
	there, err := r.Observe(limited)
	if err != nil && ctx.Err() != nil && r.there != nil {
		return false // nothing is wrong but that the time is over
	}
	if r.problem = err; err != nil {
		return false
	}
	r.there, r.desired = there, keepingAll(r.declared, there)
	r.looks++
	for name, found := range there {
		if r.records[name] == nil && found.Owned {
			r.records[name] = &record{}
		}
	}
	for name, known := range r.records {
		if found, exists := there[name]; exists {
			known.saw(found)
		}
	}
	return true
}

func (r *record) saw(found Found) {
	if last := len(r.seen) - 1; last < 0 || !maps.Equal(r.seen[last].Config, found.Config) {
		r.seen = append(r.seen, found)
	}
}

// secrets are all that the connector has, had, and is to have.
func (r *record) secrets() []string {
	texts := secretsOf(r.wanted, Found{})
	for _, found := range r.seen {
		texts = append(texts, secretsOf(r.wanted, found)...)
	}
	return texts
}

// apply carries out what is due and was not tried yet in this call.
func (r *run) apply(ctx context.Context) {
	due := r.due()
	r.progress.expect(len(due))
	failures := connect.Each(ctx, r.options.AtOnce, inOrder(due), func(ctx context.Context, name string) error {
		defer r.progress.done()
		return r.carryOut(ctx, due[name])
	})
	for name, err := range failures {
		r.records[name].err = err
	}
}

// due are the changes to carry out now. What is refused or held is noted.
func (r *run) due() map[string]Change {
	due := map[string]Change{}
	for _, change := range r.Decide(r.desired, r.there, r.options).Changes {
		record := r.records[change.Name]
		change.Actions = slices.DeleteFunc(change.Actions, func(action Action) bool {
			return slices.Contains(record.tried, action) || r.planned != nil && !slices.Contains(r.planned[change.Name], action)
		})
		switch {
		case record.err != nil:
		case change.Refused != "":
			record.err = r.refusal(change.Name, r.desired, r.there, r.options)
		case change.Held != "":
			record.held = change.Held
		case len(change.Actions) > 0 && !r.lookOnly:
			due[change.Name] = change
		}
	}
	return due
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
