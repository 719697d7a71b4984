package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"
)

// Connection is one that somebody made. What its spec means is known to package connections.
type Connection struct {
	Generation int64 // grows with each change; none is given twice
	ID         string
	By         string
	Changed    time.Time
	Spec       json.RawMessage
}

const connectionColumns = "generation, id, by, changed, spec"

// Connections lists them all, by ID.
func (s *Store) Connections(ctx context.Context) ([]Connection, error) {
	return collect(ctx, s.db, func(scan func(...any) error) (c Connection, err error) {
		err = scan(&c.Generation, &c.ID, &c.By, instant{&c.Changed}, (*document)(&c.Spec))
		return c, err
	}, "SELECT "+connectionColumns+" FROM connections ORDER BY id")
}

// SaveConnection writes a connection in place of the one of its ID, if there is one, and gives it a new generation.
func (s *Store) SaveConnection(ctx context.Context, c Connection) (generation int64, err error) {
	err = s.write(ctx, "save a connection", func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM connections WHERE id = ?", c.ID); err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, "INSERT INTO connections ("+connectionColumns+") VALUES (NULL, ?, ?, ?, ?)",
			c.ID, c.By, micros(c.Changed), string(c.Spec))
		if err != nil {
			return err
		}
		generation, err = result.LastInsertId()
		return err
	})
	return generation, err
}

// DeleteConnection forgets one, and that it got in; ErrNotFound where there is none.
func (s *Store) DeleteConnection(ctx context.Context, id string) error {
	return s.write(ctx, "delete a connection", func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM connection_successes WHERE id = ?", id); err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, "DELETE FROM connections WHERE id = ?", id)
		return needsOne(result, err)
	})
}

// Success is that an attempt to get into a system of a connection got in.
type Success struct {
	ID   string
	Part string
	Spec string // digest of the spec that it was with
	At   time.Time
}

// keepSuccesses is how long it is known of a connection that nobody asks any more.
const keepSuccesses = 90 * 24 * time.Hour

const successColumns = "id, part, spec, at"

// Successes lists the last one of each system, by connection.
func (s *Store) Successes(ctx context.Context) ([]Success, error) {
	return collect(ctx, s.db, func(scan func(...any) error) (of Success, err error) {
		err = scan(&of.ID, &of.Part, &of.Spec, instant{&of.At})
		return of, err
	}, "SELECT "+successColumns+" FROM connection_successes ORDER BY id, part")
}

// SaveSuccess writes one in place of the one before, and forgets those that are long past.
func (s *Store) SaveSuccess(ctx context.Context, of Success) error {
	return s.write(ctx, "save that a connection got in", func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM connection_successes WHERE at < ?", micros(of.At.Add(-keepSuccesses))); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "REPLACE INTO connection_successes ("+successColumns+") VALUES (?, ?, ?, ?)", of.ID, of.Part, of.Spec, micros(of.At))
		return err
	})
}
