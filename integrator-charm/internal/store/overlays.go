package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Overlay is what one connector has changed of its configuration itself. All but its version is sealed by its owner, package
// manager.
type Overlay struct {
	Cluster   string
	Connector string
	Version   int64
	Sealed    []byte
}

// errBack is a version that is older than the one that is kept.
var errBack = errors.New("its version would go back")

// Overlays lists those of a cluster, by connector.
func (s *Store) Overlays(ctx context.Context, cluster string) ([]Overlay, error) {
	return collect(ctx, s.db, func(scan func(...any) error) (o Overlay, err error) {
		err = scan(&o.Cluster, &o.Connector, &o.Version, &o.Sealed)
		return o, err
	}, "SELECT cluster, connector, version, sealed FROM overlays WHERE cluster = ? ORDER BY connector", cluster)
}

// SaveOverlays writes overlays of a cluster, and the runs that tell of it, in one transaction. An overlay of an older version than
// the one that is there is refused.
func (s *Store) SaveOverlays(ctx context.Context, cluster string, changed []Overlay, runs ...Run) error {
	return s.write(ctx, "save overlays", func(tx *sql.Tx) error {
		for _, o := range changed {
			result, err := tx.ExecContext(ctx, `INSERT INTO overlays (cluster, connector, version, sealed) VALUES (?, ?, ?, ?)
  ON CONFLICT (cluster, connector) DO UPDATE SET version = excluded.version, sealed = excluded.sealed WHERE excluded.version >= version`,
				cluster, o.Connector, o.Version, bytes(o.Sealed))
			if err = needsOne(result, err); errors.Is(err, ErrNotFound) {
				err = fmt.Errorf("connector %q: %w", o.Connector, errBack)
			}
			if err != nil {
				return err
			}
		}
		for _, run := range runs {
			if _, err := s.addRun(ctx, tx, run); err != nil {
				return err
			}
		}
		return nil
	})
}

// Delivered is up to which change of a cluster's overlays the workers have the secrets.
func (s *Store) Delivered(ctx context.Context, cluster string) (int64, error) {
	sequence, err := first(ctx, s.db, oneNumber, "SELECT sequence FROM overlay_deliveries WHERE cluster = ?", cluster)
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	return sequence, err
}

// SaveDelivered notes that. It never goes back.
func (s *Store) SaveDelivered(ctx context.Context, cluster string, sequence int64) error {
	return s.write(ctx, "note a delivery of secrets", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO overlay_deliveries (cluster, sequence) VALUES (?, ?)
  ON CONFLICT (cluster) DO UPDATE SET sequence = max(sequence, excluded.sequence)`, cluster, sequence)
		return err
	})
}
