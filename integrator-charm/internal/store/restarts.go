package store

import (
	"context"
	"database/sql"
	"time"
)

// Restart is how far the manager is in restarting what has failed of one connector.
type Restart struct {
	Cluster   string    `json:"cluster"`
	Connector string    `json:"connector"`
	Attempts  int       `json:"attempts"`
	Since     time.Time `json:"since"`         // when it was first seen to have failed
	Last      time.Time `json:"last,omitzero"` // the last attempt
	Next      time.Time `json:"next,omitzero"` // none: no more
	GivenUp   bool      `json:"givenUp"`
	Reason    string    `json:"reason,omitempty"`
}

const restartColumns = "cluster, connector, attempts, since, last, next, given_up, reason"

// Restarts lists those of a cluster, by connector.
func (s *Store) Restarts(ctx context.Context, cluster string) ([]Restart, error) {
	return collect(ctx, s.db, scanRestart, "SELECT "+restartColumns+" FROM restarts WHERE cluster = ? ORDER BY connector", cluster)
}

// SaveRestarts writes what changed, and forgets what is over, in one transaction.
func (s *Store) SaveRestarts(ctx context.Context, cluster string, changed []Restart, over []string) error {
	return s.write(ctx, "save restarts", func(tx *sql.Tx) error {
		for _, r := range changed {
			if _, err := tx.ExecContext(ctx, "REPLACE INTO restarts ("+restartColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
				cluster, r.Connector, r.Attempts, micros(r.Since), micros(r.Last), micros(r.Next), r.GivenUp, r.Reason); err != nil {
				return err
			}
		}
		for _, connector := range over {
			if _, err := tx.ExecContext(ctx, "DELETE FROM restarts WHERE cluster = ? AND connector = ?", cluster, connector); err != nil {
				return err
			}
		}
		return nil
	})
}

func scanRestart(scan func(...any) error) (r Restart, err error) {
	err = scan(&r.Cluster, &r.Connector, &r.Attempts, instant{&r.Since}, instant{&r.Last}, instant{&r.Next}, &r.GivenUp, &r.Reason)
	return r, err
}
