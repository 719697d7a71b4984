package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"
)

// Subject is whose a connector is, as last said.
type Subject struct {
	Cluster   string
	Connector string
	Document  json.RawMessage
	Sealed    []byte    // addresses
	Gone      time.Time // since when it is no longer said; none: it is
}

// keepSubjects is how long the owner of a connector that has gone is known: to be told of its removal.
const keepSubjects = 7 * 24 * time.Hour

const subjectColumns = "cluster, connector, document, sealed, gone"

// Subjects lists those of a cluster, by connector, also the ones that have gone lately.
func (s *Store) Subjects(ctx context.Context, cluster string) ([]Subject, error) {
	return collect(ctx, s.db, func(scan func(...any) error) (subject Subject, err error) {
		err = scan(&subject.Cluster, &subject.Connector, (*document)(&subject.Document), &subject.Sealed, instant{&subject.Gone})
		return subject, err
	}, "SELECT "+subjectColumns+" FROM subjects WHERE cluster = ? ORDER BY connector", cluster)
}

// SaveSubjects writes those that changed, and forgets those that have long gone.
func (s *Store) SaveSubjects(ctx context.Context, cluster string, changed []Subject, now time.Time) error {
	return s.write(ctx, "save owners", func(tx *sql.Tx) error {
		for _, subject := range changed {
			if _, err := tx.ExecContext(ctx, "REPLACE INTO subjects ("+subjectColumns+") VALUES (?, ?, ?, ?, ?)",
				cluster, subject.Connector, string(subject.Document), bytes(subject.Sealed), micros(subject.Gone)); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, "DELETE FROM subjects WHERE cluster = ? AND gone > 0 AND gone < ?", cluster, micros(now.Add(-keepSubjects)))
		return err
	})
}
