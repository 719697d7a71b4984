package manager

import (
	"context"
	"encoding/json"

	"connectcharms/integrator-charm/internal/store"
	"connectcharms/requirer-lib/connectors"
)

// History is what was done, the newest first.
func (m *Manager) History(ctx context.Context, cluster string, limit int, before int64) ([]Run, error) {
	k, err := m.of(cluster)
	if err != nil {
		return nil, err
	}
	kept, err := m.store.Runs(ctx, store.Page{Cluster: k.cluster.Name, Before: before, Limit: limit})
	runs := []Run{}
	for _, run := range kept {
		runs = append(runs, runOf(run))
	}
	return runs, err
}

// runOf reads what an earlier version may have written: what it does not understand of a summary is left out.
func runOf(kept store.Run) Run {
	run := Run{
		ID: kept.ID, At: kept.Began, Ended: kept.Ended, By: kept.By, Kind: kept.Kind, Revision: kept.Revision, Error: kept.Error,
		Plan: kept.Plan, Summary: connectors.Report{}.Summary(), Result: ResultOK,
	}
	_ = json.Unmarshal(kept.Summary, &run.Summary)
	if run.Result = resultOf(run.Summary); run.Error != "" {
		run.Result = ResultFailed
	}
	return run
}
