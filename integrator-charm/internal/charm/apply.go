package charm

import (
	"context"

	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/pluginserver"
)

// The steps that are not the manager's.
type (
	// Withdraw ends the services of a unit that stops, and removes the unit's files where the unit goes for good.
	Withdraw struct{ RemoveFiles bool }
	// RequestPlugin has every unit serve the plugin where it is a file, and the leader tell every provider where it is.
	RequestPlugin struct{ Plugin connectclient.Plugin }
)

func (s Withdraw) Apply(ctx context.Context, u *unit, _ *World) error {
	if err := u.supervisor.Stop(ctx); err != nil {
		return err
	}
	if err := pluginserver.Withdraw(ctx, u.Hook); err != nil || !s.RemoveFiles {
		return err
	}
	return u.layout.remove()
}

func (s RequestPlugin) Apply(ctx context.Context, u *unit, w *World) error {
	err := u.client.Request(ctx, s.Plugin)
	if _, known := connectclient.Status(err); known {
		w.NotRequested = err
		return nil
	}
	return err
}
