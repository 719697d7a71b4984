package manager

import (
	"context"
	"fmt"

	"connectcharms/requirer-lib/state"
)

// validate reads the newest file, and has the cluster judge its configurations, where it answers: a file can be checked
// while the cluster is away. It is put in force, if it is a good one, by the next sync and not by this.
func (k *keeper) validate(ctx context.Context) error {
	document, err := k.source.Fetch(ctx, "")
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSource, err)
	}
	file, err := k.parse(document)
	if err != nil {
		return err
	}
	desired, err := file.Desired(k.cluster.Secrets)
	if err != nil {
		return err
	}
	var problems state.Problems
	if _, err = k.look(ctx, freshFor); err == nil {
		problems, err = file.Check(ctx, k.cluster.client(), desired)
	}
	if err != nil {
		k.log.Warn("the state file was checked without its cluster", "error", err)
	}
	if len(problems) > 0 {
		return problems
	}
	return nil
}
