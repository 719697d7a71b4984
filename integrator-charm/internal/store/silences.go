package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"
)

// Silence keeps owners from being told for a while. What its matcher says is known to package notify.
type Silence struct {
	ID      string          `json:"id"`
	By      string          `json:"by"`
	Comment string          `json:"comment,omitempty"`
	Created time.Time       `json:"created"`
	Begins  time.Time       `json:"begins"`
	Ends    time.Time       `json:"ends"`
	Matcher json.RawMessage `json:"matcher"`
}

// keepSilences is how long a silence that is over can still be seen.
const keepSilences = 30 * 24 * time.Hour

const silenceColumns = "id, by, comment, created, begins, ends, matcher"

// AddSilence writes a silence under a new ID, which must be unique, and forgets those that are long over.
func (s *Store) AddSilence(ctx context.Context, silence Silence) error {
	return s.write(ctx, "add a silence", func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM silences WHERE ends < ?", micros(silence.Created.Add(-keepSilences))); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO silences ("+silenceColumns+") VALUES (?, ?, ?, ?, ?, ?, ?)",
			silence.ID, silence.By, silence.Comment, micros(silence.Created), micros(silence.Begins), micros(silence.Ends), string(silence.Matcher))
		return err
	})
}

// EndSilence has a silence end at a time; ErrNotFound where there is none that still lasts then.
func (s *Store) EndSilence(ctx context.Context, id string, at time.Time) error {
	return s.write(ctx, "end a silence", func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, "UPDATE silences SET ends = ?2 WHERE id = ?1 AND ends > ?2", id, micros(at))
		return needsOne(result, err)
	})
}

// Silences lists those that end after a time, the newest first.
func (s *Store) Silences(ctx context.Context, after time.Time) ([]Silence, error) {
	return collect(ctx, s.db, scanSilence, "SELECT "+silenceColumns+" FROM silences WHERE ends > ? ORDER BY created DESC, id", micros(after))
}

func scanSilence(scan func(...any) error) (silence Silence, err error) {
	err = scan(&silence.ID, &silence.By, &silence.Comment, instant{&silence.Created}, instant{&silence.Begins}, instant{&silence.Ends},
		(*document)(&silence.Matcher))
	return silence, err
}

// needsOne is ErrNotFound where a change met no row.
func needsOne(result sql.Result, err error) error {
	if err != nil {
		return err
	}
	if rows, err := result.RowsAffected(); err != nil || rows > 0 {
		return err
	}
	return ErrNotFound
}
