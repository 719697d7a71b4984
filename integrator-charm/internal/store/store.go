package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Options of a store. The zero value will do.
type Options struct {
	// Runs is how many runs of each cluster are kept. 0: 1,000.
	Runs int
	// RunBytes is how much the documents of each cluster's runs may take; the newest run is always kept. 0: 64 MiB.
	RunBytes int64
	// Plans is how many plans of each cluster are kept that are over. 0: 1,000.
	Plans int
	// Deliveries is how many deliveries to each receiver are kept that are over. 0: 100.
	Deliveries int
}

// What Open refuses. The error that it returns says more.
var (
	ErrNewer   = errors.New("the store was written by a newer version of connect-manager")
	ErrDamaged = errors.New("the store is damaged")
	ErrForeign = errors.New("the file is not a store of connect-manager")
	ErrInUse   = errors.New("the store is in use by another process")
)

// ErrNotFound is what there is no record of.
var ErrNotFound = errors.New("not found")

// Store is an open store. It may be used from several goroutines.
type Store struct {
	db      *sql.DB
	path    string
	options Options
	refused atomic.Pointer[error] // why the disk did not take the last write; nil: it did
}

// Path is the file.
func (s *Store) Path() string { return s.path }

// Close closes the file. What was acknowledged is on disk before that.
func (s *Store) Close() error { return s.db.Close() }

// Check says why the disk did not take the last write, such as that it is full; nil when it did.
func (s *Store) Check() error {
	if refused := s.refused.Load(); refused != nil {
		return *refused
	}
	return nil
}

// write runs change in one transaction: all of it lasts, or nothing.
func (s *Store) write(ctx context.Context, doing string, change func(*sql.Tx) error) error {
	err := transact(ctx, s.db, change)
	if err != nil && ctx.Err() != nil {
		err = errors.Join(ctx.Err(), err) // the other is only how it shows
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		err = fmt.Errorf("store %s: %s: %w", s.path, doing, err)
	}
	switch {
	case err == nil:
		s.refused.Store(nil)
	case isOfTheDisk(err):
		s.refused.Store(&err)
	}
	return err
}

// isOfTheDisk says whether the disk did not take a write: it is full, broken, or may not be written.
func isOfTheDisk(err error) bool {
	fault, is := errors.AsType[*sqlite.Error](err)
	if !is {
		return false
	}
	switch fault.Code() & 0xff {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN:
		return true
	}
	return false
}

func transact(ctx context.Context, db *sql.DB, change func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := change(tx); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	return tx.Commit()
}

// ignoreDone: a context that ends rolls back by itself.
func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// querier is the store outside of a transaction, or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// collect reads all rows of a query. It reads them to the end before it returns: there is one connection.
func collect[T any](ctx context.Context, q querier, scan func(scan func(...any) error) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := []T{}
	for rows.Next() {
		one, err := scan(rows.Scan)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// first is the one row of a query, or ErrNotFound.
func first[T any](ctx context.Context, q querier, scan func(scan func(...any) error) (T, error), query string, args ...any) (T, error) {
	all, err := collect(ctx, q, scan, query, args...)
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return *new(T), err
	}
	return all[0], nil
}

// instant is a time as it is kept: in microseconds since 1970, 0 for none.
type instant struct{ at *time.Time }

// Scan reads it from a column.
func (i instant) Scan(value any) error {
	micros, is := value.(int64)
	if !is {
		return fmt.Errorf("a time is kept as %T", value)
	}
	*i.at = time.Time{}
	if micros != 0 {
		*i.at = time.UnixMicro(micros).UTC()
	}
	return nil
}

// micros is a time as a column has it.
func micros(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixMicro()
}
