package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
)

// migrations are the steps from an empty file to today's tables, in the order of their names. A released one is never changed.
//
//go:embed migrations/*.sql
var migrations embed.FS

// application marks the file as ours (PRAGMA application_id): the letters CMst.
const application = 0x434d7374

// identify gives the number of migrations that the file has had. It refuses what is not ours, or is from the future.
func identify(ctx context.Context, db *sql.DB) (version int, err error) {
	mark, err := first(ctx, db, oneNumber, "PRAGMA application_id")
	if err != nil {
		return 0, err
	}
	had, err := first(ctx, db, oneNumber, "PRAGMA user_version")
	if err != nil {
		return 0, err
	}
	tables, err := first(ctx, db, oneNumber, "SELECT count(*) FROM sqlite_schema")
	if err != nil {
		return 0, err
	}
	steps, err := migrationNames()
	switch {
	case err != nil:
		return 0, err
	case mark != application && (mark != 0 || tables > 0):
		return 0, fmt.Errorf("%w: it is another program's database", ErrForeign)
	case had > int64(len(steps)):
		return 0, fmt.Errorf("%w: it has version %d, this program knows %d; use that program, or another file", ErrNewer, had, len(steps))
	}
	return int(had), nil
}

func migrationNames() ([]string, error) { return fs.Glob(migrations, "migrations/*.sql") }

// migrate brings the file up to date in one transaction: a crash in it leaves the file as it was.
func migrate(ctx context.Context, db *sql.DB, version int) error {
	steps, err := migrationNames()
	if err != nil || version == len(steps) {
		return err
	}
	return transact(ctx, db, func(tx *sql.Tx) error {
		for _, name := range steps[version:] {
			text, err := migrations.ReadFile(name)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, string(text)); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", application, len(steps)))
		return err
	})
}
