package connectors

import (
	"context"
	"errors"
	"slices"

	"connectcharms/requirer-lib/connect"
)

var errNamed = errors.New("owners are told by names here: a connector cannot change its owner")

// Adopt puts the owner's mark on connectors as they are, whosever they were. Those that are not desired are then deleted
// by the next Reconcile. To adopt and change in one go, see Options.Adopt. Kafka Connect restarts a connector for it.
func (o Owned) Adopt(ctx context.Context, names ...string) connect.Failures {
	mark := string(o.Mark)
	return o.eachFound(ctx, names, func(ctx context.Context, found Found) error {
		if found.Owned {
			return nil
		}
		_, err := o.Client.PatchConfig(ctx, found.Connector, map[string]*string{managerKey: &mark})
		return err
	})
}

// Release takes the owner's marks off its connectors, protection too: they run on, and are nobody's. Those that are still
// desired are refused by the next Reconcile.
func (o Owned) Release(ctx context.Context, names ...string) connect.Failures {
	none := map[string]*string{managerKey: nil, protectedKey: nil, hiddenKey: nil, offsetsKey: nil, overlayKey: nil}
	return o.eachFound(ctx, names, func(ctx context.Context, found Found) error {
		if !found.Owned {
			return ErrNotOwned
		}
		_, err := o.Client.PatchConfig(ctx, found.Connector, none)
		return err
	})
}

func (o Owned) eachFound(ctx context.Context, names []string, do func(context.Context, Found) error) connect.Failures {
	there, err := o.Observe(ctx)
	if o.Mark == "" {
		err = errNamed
	}
	return connect.Each(ctx, connect.AtOnce, slices.Sorted(slices.Values(names)), func(ctx context.Context, name string) error {
		found, exists := there[name]
		switch {
		case err != nil:
			return err
		case !exists:
			return connect.ErrNotFound
		}
		return do(ctx, found)
	})
}
