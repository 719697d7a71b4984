package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"
)

// Notice is what one receiver was told of a connector that is not well, until it is told that this is over.
type Notice struct {
	Cluster   string
	Connector string
	Receiver  string
	Kind      string
	Since     time.Time
	Told      time.Time // the last time
	Document  json.RawMessage
	Sealed    []byte // the receiver's address
}

// Event is what one receiver is to be told, and what waits to be put together with others.
type Event struct {
	Number   int64
	ID       string // of one receiver no second one is kept
	Receiver string
	At       time.Time
	Document json.RawMessage
	Sealed   []byte // the receiver's address
}

const (
	noticeColumns = "cluster, connector, receiver, kind, since, told, document, sealed"
	eventColumns  = "number, id, receiver, at, document, sealed"
)

// Notices lists those of a cluster, by connector and receiver.
func (s *Store) Notices(ctx context.Context, cluster string) ([]Notice, error) {
	return collect(ctx, s.db, func(scan func(...any) error) (n Notice, err error) {
		err = scan(&n.Cluster, &n.Connector, &n.Receiver, &n.Kind, instant{&n.Since}, instant{&n.Told}, (*document)(&n.Document), &n.Sealed)
		return n, err
	}, "SELECT "+noticeColumns+" FROM notices WHERE cluster = ? ORDER BY connector, receiver", cluster)
}

// SaveEvents writes events that are to be told, with the notices that they make and those that they end, in one transaction: what is
// noted as told is on its way.
func (s *Store) SaveEvents(ctx context.Context, events []Event, noted, ended []Notice) error {
	return s.write(ctx, "save events", func(tx *sql.Tx) error {
		for _, event := range events {
			if _, err := tx.ExecContext(ctx, "INSERT OR IGNORE INTO events ("+eventColumns+") VALUES (NULL, ?, ?, ?, ?, ?)",
				event.ID, event.Receiver, micros(event.At), string(event.Document), bytes(event.Sealed)); err != nil {
				return err
			}
		}
		for _, n := range noted {
			if _, err := tx.ExecContext(ctx, "REPLACE INTO notices ("+noticeColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
				n.Cluster, n.Connector, n.Receiver, n.Kind, micros(n.Since), micros(n.Told), string(n.Document), bytes(n.Sealed)); err != nil {
				return err
			}
		}
		for _, n := range ended {
			if _, err := tx.ExecContext(ctx, "DELETE FROM notices WHERE cluster = ? AND connector = ? AND receiver = ?",
				n.Cluster, n.Connector, n.Receiver); err != nil {
				return err
			}
		}
		return nil
	})
}

// Events lists all that wait, in the order in which they came.
func (s *Store) Events(ctx context.Context) ([]Event, error) {
	return collect(ctx, s.db, func(scan func(...any) error) (e Event, err error) {
		err = scan(&e.Number, &e.ID, &e.Receiver, instant{&e.At}, (*document)(&e.Document), &e.Sealed)
		return e, err
	}, "SELECT "+eventColumns+" FROM events ORDER BY number")
}
