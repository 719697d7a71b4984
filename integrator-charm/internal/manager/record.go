package manager

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"connectcharms/integrator-charm/internal/approval"
	"connectcharms/integrator-charm/internal/store"
	"connectcharms/requirer-lib/connectors"
)

// recordPatience is how long a note of what was done may take to be on disk, also when the process ends.
const recordPatience = 10 * time.Second

// Kinds of runs in the history, beside verbs.
const (
	kindSync   = "sync"   // somebody has asked, or the file is new
	kindRepair = "repair" // only the cluster had moved
)

// record notes what a sync came to, in the history where it is news, and tells whom it concerns.
func (k *keeper) record(ctx context.Context, w work, began time.Time, report connectors.Report, waiting approval.Plan) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordPatience)
	defer cancel()
	summary := report.Summary()
	result := resultOf(summary)
	k.meters.synced(k.cluster.Name, result, summary)
	k.sawReport(ctx, report)
	outcome := fmt.Sprint(summary.Failed, summary.Held, summary.Problem != "") // the text of a problem counts attempts
	var isNews bool
	k.note(func(i *inner) {
		isNews = w.by != "" || report.IsChanged() || i.outcome != outcome
		i.outcome = outcome
	})
	sync := &Sync{At: k.now(), By: w.who(), Revision: string(w.document.Revision), Result: result, Error: summary.Problem, Summary: summary}
	if isNews {
		run := w.run(began, k.now(), report)
		if waiting.State == approval.Approved {
			run.Plan = waiting.ID
		}
		sync.Run = k.addRun(ctx, run)
		k.hub.Tell(k.cluster.Name, OnHistory)
	}
	k.applied(ctx, waiting, sync.Run, report)
	k.tellChanges(ctx, sync.Run, w.who(), report.Connectors)
	k.note(func(i *inner) {
		if sync.Run == 0 && i.lastSync != nil {
			sync.Run = i.lastSync.Run
		}
		i.lastSync = sync
	})
	k.carriedOut(w, result)
	k.hub.Tell(k.cluster.Name, OnStatus, OnConnectors)
}

// resultOf is a sync's result in a word.
func resultOf(summary connectors.Summary) string {
	switch {
	case len(summary.Failed) > 0, summary.Problem != "":
		return ResultFailed
	case len(summary.Held) > 0:
		return ResultHeld
	}
	return ResultOK
}

// sawReport has what somebody did to connectors count, and the rest of what the report shows.
func (k *keeper) sawReport(ctx context.Context, report connectors.Report) {
	var touched, off []string
	for _, result := range report.Connectors {
		if len(result.Done) > 0 {
			touched = append(touched, result.Name)
		}
		if result.Err != nil || result.Held != "" {
			off = append(off, result.Name)
		}
	}
	k.heal(ctx, touched)
	k.note(func(i *inner) { i.drifted = off })
	if len(touched) > 0 {
		k.sight.changed()
		poke(k.failed)
	}
}

// carriedOut notes that the file was carried out whole: from now on, what differs has drifted. What is held is not for the
// file to be carried out, but for somebody to approve.
func (k *keeper) carriedOut(w work, result string) {
	if !w.isNew || result == ResultFailed {
		return
	}
	k.note(func(i *inner) { i.done = w.document.Revision })
	k.keep()
}

// who has asked for the sync; the manager itself, where nobody has.
func (w work) who() string {
	if w.by == "" {
		return "connect-manager"
	}
	return w.by
}

// Local is who comes by the socket: the manager's own machine, and so no certain person.
const Local = "local"

// author is the person who has asked for the sync, where one has: who may not be the only one who agrees to it.
func (w work) author() string {
	if w.by == Local {
		return ""
	}
	return w.by
}

func (w work) kind() string {
	if w.by == "" && !w.isNew {
		return kindRepair
	}
	return kindSync
}

func (w work) run(began, ended time.Time, report connectors.Report) store.Run {
	run := store.Run{Kind: w.kind(), By: w.who(), Revision: string(w.document.Revision), Began: began, Ended: ended}
	if report.Problem != nil {
		run.Error = report.Problem.Error()
	}
	run.Summary, _ = json.Marshal(report.Summary())  // texts can always be encoded
	run.Changes, _ = json.Marshal(changesOf(report)) // likewise
	return run
}

// changesOf are what was done, and what was not.
func changesOf(report connectors.Report) []connectors.Change {
	changes := []connectors.Change{}
	for _, result := range report.Connectors {
		if len(result.Done) == 0 && result.Err == nil && result.Held == "" {
			continue
		}
		change := connectors.Change{
			Name: result.Name, Actions: slices.Clone(result.Done), Keys: result.Keys, To: result.Wanted, Reason: result.Reason, Held: result.Held,
		}
		if result.Err != nil {
			change.Refused = result.Err.Error()
		}
		changes = append(changes, change)
	}
	return changes
}

// addRun gives the run's number; 0 where it could not be written.
func (k *keeper) addRun(ctx context.Context, run store.Run) int64 {
	run.Cluster = k.cluster.Name
	number, err := k.store.AddRun(ctx, run)
	if err != nil {
		k.log.Error("the history lacks a run", "kind", run.Kind, "error", err)
	}
	return number
}
