package connectors

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"connectcharms/requirer-lib/connect"
)

// Report is how the connectors of one owner on one cluster are, and what a call did. It holds no secret of theirs.
type Report struct {
	// Warnings are what whoever asked for it knows to be in the connectors' way. This package knows of none.
	Warnings []string
	// Provider is the provider's application; empty where the owner is no charm.
	Provider string
	// Standby says that another unit leads: nothing was looked at.
	Standby bool
	// Problem is why the connectors could not be looked at, the last time that it was tried: a
	// connectclient.NotReadyError, or an error of package connect. What was seen and done before is in Connectors.
	Problem error
	// Connectors are all that are desired and all that the owner has or had, ordered by name. Where none were seen,
	// they are those that are wrong in themselves.
	Connectors []Result
}

// Result is one connector.
type Result struct {
	Name   string         // its owner's
	Wanted connect.State  // connect.Running, Paused or Stopped; empty: it is not desired
	Exists bool           // as last seen, and as this owner's
	Status connect.Status // likewise, of the connector and of every task; traces are redacted
	Done   []Action       // by this call; none: unchanged
	Reason string         // of what was done
	Keys   []KeyChange    // of the configuration, that this call changed in one that was there
	Held   string         // why a change waits, as Options.Hold has said
	// Pending says that the time was over before what came of the call's changes showed, or before a rebalance was.
	Pending bool
	Err     error // why it could not be made as desired
}

// IsChanged says whether the call did anything.
func (r Report) IsChanged() bool {
	return slices.ContainsFunc(r.Connectors, func(result Result) bool { return len(result.Done) > 0 })
}

// Err is all that went wrong, as one error; nil where nothing did. A task that has failed is no error of a call.
func (r Report) Err() error {
	all := []error{r.Problem}
	for _, result := range r.Connectors {
		if result.Err != nil {
			all = append(all, fmt.Errorf("connector %s: %w", result.Name, result.Err))
		}
	}
	return errors.Join(all...)
}

func (r *run) report() Report {
	report := Report{Problem: r.problem}
	for _, name := range slices.Sorted(maps.Keys(r.records)) {
		if r.there != nil || r.records[name].err != nil {
			report.Connectors = append(report.Connectors, r.result(name))
		}
	}
	return report
}

func (r *run) result(name string) Result {
	record := r.records[name]
	result := Result{
		Name: name, Done: record.done, Keys: record.keys, Held: record.held, Err: record.err, Pending: r.isConnectorPending(name),
	}
	if len(record.done) > 0 {
		result.Reason = record.reason
	}
	if wanted, is := r.desired[name]; is {
		result.Wanted = wanted.state()
	}
	if found, exists := r.there[name]; exists && found.Owned {
		result.Exists, result.Status = true, redacted(found.Status, record.secrets)
	}
	return result
}
