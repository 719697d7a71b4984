package charm

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/reconcile"
)

// endpoint and pluginResource are the names in charmcraft.yaml.
const (
	endpoint       = "connect-client"
	pluginResource = "plugin"
)

// How long a hook may be busy with Kafka Connect. Juju runs a unit's hooks one after another: one that waits holds up
// the others.
const (
	restPatience    = 30 * time.Second // all in all
	requestPatience = 20 * time.Second // for one change: during a rebalance they take up to 11 s
	tasksPatience   = 10 * time.Second // for tasks to run
)

// unit is what steps work with: the hook's tools and the things of this unit.
type unit struct {
	*hook.Hook
	log         *slog.Logger
	layout      layout
	client      *connectclient.Client
	connections map[hook.RelationID]*connectclient.Connection
	deadline    time.Time // for work on Kafka Connect
}

// Run does what is due in a hook.
func Run(ctx context.Context, h *hook.Hook, log *slog.Logger) error {
	u := &unit{Hook: h, log: log, layout: layoutOf(h.Event), connections: map[hook.RelationID]*connectclient.Connection{}}
	if err := u.layout.make(); err != nil {
		return fmt.Errorf("make the unit's directory: %w", err)
	}
	w, err := u.observe(ctx)
	if err != nil {
		return err
	}
	if err := reconcile.Run(ctx, u, w, next, log); err != nil || w.Leaving {
		return err
	}
	return u.StatusSet(ctx, status(w))
}
