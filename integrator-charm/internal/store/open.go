package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// fileMode: the file tells who runs what, and holds what owners wrote.
const fileMode = 0o600

// pragmas of each connection. It waits 2 s for a process that is about to end. Exclusive: a second process would not only write, but also count, tell and approve beside the first;
// and there is no shared memory that a crash could leave behind.
const pragmas = "_pragma=busy_timeout(2000)&_pragma=locking_mode(exclusive)&_pragma=synchronous(full)&_pragma=foreign_keys(on)" +
	"&_pragma=trusted_schema(off)&_pragma=journal_size_limit(16777216)&_txlock=immediate"

// Open opens the store at path, and makes it where there is none; its directory has to be there. What it cannot use it leaves as
// it is: see ErrNewer, ErrDamaged, ErrForeign and ErrInUse.
func Open(ctx context.Context, path string, options Options) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	}
	options.Runs = cmp.Or(options.Runs, 1000)
	options.RunBytes = cmp.Or(options.RunBytes, 64<<20)
	options.Plans = cmp.Or(options.Plans, 1000)
	options.Deliveries = cmp.Or(options.Deliveries, 100)
	store := &Store{path: path, options: options}
	if err := store.open(ctx); err != nil {
		return nil, fmt.Errorf("open the store %s: %w", path, explain(err))
	}
	return store, nil
}

func (s *Store) open(ctx context.Context) error {
	if err := prepare(s.path); err != nil {
		return err
	}
	name := url.URL{Scheme: "file", Path: s.path, RawQuery: pragmas}
	db, err := sql.Open("sqlite", name.String())
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1) // SQLite has one writer
	s.db = db
	if err := s.ready(ctx); err != nil {
		return errors.Join(err, db.Close())
	}
	return nil
}

// prepare makes the file where there is none, and has it last in its directory. A file that is there is not opened: closing it
// would end the locks that another store of this process may have on it (fcntl, POSIX).
func prepare(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, fileMode)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// ready looks before it touches: first whether the file is ours, and whole. SQLite gives its log the mode of the file.
func (s *Store) ready(ctx context.Context) error {
	version, err := identify(ctx, s.db)
	if err != nil {
		return err
	}
	if err := verify(ctx, s.db); err != nil {
		return err
	}
	if err := os.Chmod(s.path, fileMode); err != nil {
		return err
	}
	if _, err := first(ctx, s.db, oneText, "PRAGMA journal_mode = wal"); err != nil {
		return err
	}
	return migrate(ctx, s.db, version)
}

// verify reads the whole file: a page that is damaged is found now, and not in the middle of a plan.
func verify(ctx context.Context, db *sql.DB) error {
	faults, err := collect(ctx, db, oneText, "PRAGMA quick_check(1)")
	if err != nil {
		return err
	}
	if len(faults) != 1 || faults[0] != "ok" {
		return fmt.Errorf("%w: %v", ErrDamaged, faults)
	}
	return nil
}

func oneText(scan func(...any) error) (text string, err error) { return text, scan(&text) }

func oneNumber(scan func(...any) error) (number int64, err error) { return number, scan(&number) }

// explain says in this package's words what SQLite says in numbers.
func explain(err error) error {
	fault, is := errors.AsType[*sqlite.Error](err)
	if is {
		switch fault.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
			return ErrInUse
		case sqlite3.SQLITE_NOTADB:
			err = fmt.Errorf("%w, or its beginning is overwritten", ErrForeign)
		case sqlite3.SQLITE_CORRUPT:
			err = fmt.Errorf("%w: %w", ErrDamaged, err)
		}
	}
	if errors.Is(err, ErrDamaged) || errors.Is(err, ErrForeign) {
		return fmt.Errorf("%w; it is left as it is: put a copy of it back, or move it away (with its -wal) to begin with an empty one", err)
	}
	return err
}
