package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"time"
)

// DeliveryState is how far a delivery is.
type DeliveryState string

// The states of a delivery.
const (
	Waiting   DeliveryState = "waiting"
	Delivered DeliveryState = "delivered"
	GivenUp   DeliveryState = "given up"
)

// Delivery is one message to one receiver: an entry of the outbox. It leaves it when the receiver has it, so a crash in between
// sends it a second time, with the same ID.
type Delivery struct {
	Number   int64           `json:"number"` // grows
	ID       string          `json:"id"`
	Receiver string          `json:"receiver"`
	State    DeliveryState   `json:"state"`
	Created  time.Time       `json:"created"`
	Attempts int             `json:"attempts"`
	Next     time.Time       `json:"next,omitzero"`
	Ended    time.Time       `json:"ended,omitzero"`
	Error    string          `json:"error,omitempty"` // of the last attempt
	Document json.RawMessage `json:"document"`
	Sealed   []byte          `json:"-"` // the receiver's address
}

const deliveryColumns = "number, id, receiver, state, created, attempts, next, ended, error, document, sealed"

// Enqueue writes a message and takes the events that it tells out of what waits, in one transaction. It gives the delivery an ID.
// A delivery without receiver is none: then the events are dropped.
func (s *Store) Enqueue(ctx context.Context, delivery Delivery, told []Event) error {
	return s.write(ctx, "enqueue a delivery", func(tx *sql.Tx) error {
		for _, event := range told {
			if _, err := tx.ExecContext(ctx, "DELETE FROM events WHERE number = ?", event.Number); err != nil {
				return err
			}
		}
		if delivery.Receiver == "" {
			return nil
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO deliveries ("+deliveryColumns+") VALUES (NULL, ?, ?, ?, ?, 0, ?, 0, '', ?, ?)",
			cmp.Or(delivery.ID, newID()), delivery.Receiver, Waiting, micros(delivery.Created), micros(cmp.Or(delivery.Next, delivery.Created)),
			string(delivery.Document), bytes(delivery.Sealed))
		return err
	})
}

// Outbox gives of each receiver the oldest delivery that waits, so that each gets its messages in their order. The one that is due
// first comes first.
func (s *Store) Outbox(ctx context.Context) ([]Delivery, error) {
	return collect(ctx, s.db, scanDelivery, "SELECT "+deliveryColumns+` FROM deliveries
  WHERE number IN (SELECT min(number) FROM deliveries WHERE state = ? GROUP BY receiver) ORDER BY next, number`, Waiting)
}

// Attempted writes what came of an attempt, and forgets the receiver's oldest deliveries that are over, beyond what Options allow.
func (s *Store) Attempted(ctx context.Context, d Delivery) error {
	return s.write(ctx, "note an attempt", func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, "UPDATE deliveries SET state = ?, attempts = ?, next = ?, ended = ?, error = ? WHERE id = ?",
			d.State, d.Attempts, micros(d.Next), micros(d.Ended), d.Error, d.ID)
		if err := needsOne(result, err); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, forgetDeliveries, d.Receiver, Waiting, s.options.Deliveries)
		return err
	})
}

const forgetDeliveries = `DELETE FROM deliveries WHERE number IN (
  SELECT number FROM deliveries WHERE receiver = ? AND state <> ? ORDER BY number DESC LIMIT -1 OFFSET ?)`

// Deliveries lists deliveries to all receivers, the newest first.
func (s *Store) Deliveries(ctx context.Context, page Page) ([]Delivery, error) {
	return collect(ctx, s.db, scanDelivery, "SELECT "+deliveryColumns+` FROM deliveries
  WHERE ?1 = 0 OR number < ?1 ORDER BY number DESC LIMIT ?2`, page.Before, page.limit())
}

// Receiver is how deliveries to one receiver go.
type Receiver struct {
	Name      string    `json:"name"`
	Waiting   int       `json:"waiting"`
	GivenUp   int       `json:"givenUp"`            // since the last that got there
	Error     string    `json:"error,omitempty"`    // the last one, where none got there after it
	Delivered time.Time `json:"delivered,omitzero"` // the last one that got there
}

// Receivers lists how deliveries go, by receiver.
func (s *Store) Receivers(ctx context.Context) ([]Receiver, error) {
	return collect(ctx, s.db, func(scan func(...any) error) (r Receiver, err error) {
		err = scan(&r.Name, &r.Waiting, &r.GivenUp, &r.Error, instant{&r.Delivered})
		return r, err
	}, `WITH reached AS (
    SELECT receiver, max(CASE state WHEN ?2 THEN number ELSE 0 END) AS number, max(CASE state WHEN ?2 THEN ended ELSE 0 END) AS ended
    FROM deliveries GROUP BY receiver)
  SELECT r.receiver, count(CASE d.state WHEN ?1 THEN 1 END), count(CASE d.state WHEN ?3 THEN 1 END),
    coalesce((SELECT error FROM deliveries WHERE receiver = r.receiver AND number > r.number AND error <> '' ORDER BY number DESC LIMIT 1), ''), r.ended
  FROM reached r LEFT JOIN deliveries d ON d.receiver = r.receiver AND d.number > r.number
  GROUP BY r.receiver ORDER BY r.receiver`, Waiting, Delivered, GivenUp)
}

func scanDelivery(scan func(...any) error) (d Delivery, err error) {
	err = scan(&d.Number, &d.ID, &d.Receiver, &d.State, instant{&d.Created}, &d.Attempts, instant{&d.Next}, instant{&d.Ended}, &d.Error,
		(*document)(&d.Document), &d.Sealed)
	return d, err
}
