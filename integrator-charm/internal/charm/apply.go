package charm

import (
	"context"
	"time"

	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/pluginserver"
)

// The steps.
type (
	// Withdraw ends the plugin server of a unit that stops, and removes the unit's files where the unit goes for good.
	Withdraw struct{ RemoveFiles bool }
	// RequestPlugin has every unit serve the plugin where it is a file, and the leader tell every provider where it is.
	RequestPlugin struct{ Plugin connectclient.Plugin }
	// ReconcileConnectors makes the connectors of one relation those of the configuration, and sees how they are.
	ReconcileConnectors struct{ Relation hook.RelationID }
)

func (s Withdraw) Apply(ctx context.Context, u *unit, _ *World) error {
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

func (s ReconcileConnectors) Apply(ctx context.Context, u *unit, w *World) error {
	report, err := connectors.Reconcile(ctx, u.connections[s.Relation], w.Config.Connectors, connectors.Options{
		Patience: max(time.Until(u.deadline), time.Millisecond), Wait: tasksPatience, Log: u.log,
	})
	for i := range w.Clusters {
		if w.Clusters[i].Relation == s.Relation {
			w.Clusters[i].Report = report
		}
	}
	return err
}
