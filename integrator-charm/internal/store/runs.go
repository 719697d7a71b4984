package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"
)

// Run is one entry of the history: a sync, a repair, a plan, an action on a connector.
type Run struct {
	ID       int64           `json:"id"` // grows
	Cluster  string          `json:"cluster"`
	Kind     string          `json:"kind"` // sync, repair, plan, pause, …
	By       string          `json:"by"`   // who: a token's name, the manager itself, …
	Revision string          `json:"revision,omitempty"`
	Began    time.Time       `json:"began"`
	Ended    time.Time       `json:"ended"`
	Error    string          `json:"error,omitempty"`
	Plan     string          `json:"plan,omitempty"` // the plan that was approved for it
	Summary  json.RawMessage `json:"summary,omitempty"`
	Changes  json.RawMessage `json:"changes,omitempty"`
}

// Page is a part of a list, newest first.
type Page struct {
	Cluster string // empty: all
	Before  int64  // entries older than that one; 0: from the newest
	Limit   int    // 0: 50; at most 1,000
}

const (
	usualPage  = 50
	largestOne = 1000
)

func (p Page) limit() int {
	if p.Limit <= 0 {
		return usualPage
	}
	return min(p.Limit, largestOne)
}

const runColumns = "id, cluster, kind, by, revision, began, ended, error, plan, summary, changes"

// AddRun writes a run, and forgets the oldest of its cluster beyond what Options allow. It gives the run's ID.
func (s *Store) AddRun(ctx context.Context, run Run) (id int64, err error) {
	err = s.write(ctx, "add a run", func(tx *sql.Tx) error {
		id, err = s.addRun(ctx, tx, run)
		return err
	})
	return id, err
}

func (s *Store) addRun(ctx context.Context, tx *sql.Tx, run Run) (id int64, err error) {
	result, err := tx.ExecContext(ctx, "INSERT INTO runs ("+runColumns+") VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		run.Cluster, run.Kind, run.By, run.Revision, micros(run.Began), micros(run.Ended), run.Error, run.Plan,
		string(run.Summary), string(run.Changes))
	if err != nil {
		return 0, err
	}
	if id, err = result.LastInsertId(); err != nil {
		return 0, err
	}
	_, err = tx.ExecContext(ctx, forgetRuns, run.Cluster, s.options.Runs, s.options.RunBytes)
	return id, err
}

// forgetRuns counts from the newest run back, in runs and in bytes.
const forgetRuns = `DELETE FROM runs WHERE id IN (
  SELECT id FROM (
    SELECT id, row_number() OVER newest AS place, sum(length(summary) + length(changes)) OVER newest AS bytes
    FROM runs WHERE cluster = ? WINDOW newest AS (ORDER BY id DESC))
  WHERE place > ? OR (place > 1 AND bytes > ?))`

// Runs lists runs.
func (s *Store) Runs(ctx context.Context, page Page) ([]Run, error) {
	return collect(ctx, s.db, scanRun, "SELECT "+runColumns+` FROM runs
  WHERE (?1 = '' OR cluster = ?1) AND (?2 = 0 OR id < ?2) ORDER BY id DESC LIMIT ?3`, page.Cluster, page.Before, page.limit())
}

// Run gives one run, or ErrNotFound.
func (s *Store) Run(ctx context.Context, id int64) (Run, error) {
	return first(ctx, s.db, scanRun, "SELECT "+runColumns+" FROM runs WHERE id = ?", id)
}

func scanRun(scan func(...any) error) (run Run, err error) {
	err = scan(&run.ID, &run.Cluster, &run.Kind, &run.By, &run.Revision, instant{&run.Began}, instant{&run.Ended}, &run.Error, &run.Plan,
		(*document)(&run.Summary), (*document)(&run.Changes))
	return run, err
}
