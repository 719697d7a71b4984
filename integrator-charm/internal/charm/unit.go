package charm

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/reconcile"
	"connectcharms/requirer-lib/supervisor"
)

// The names in charmcraft.yaml.
const (
	endpoint       = "connect-client"
	pluginResource = "plugin"
	stateResource  = "state"
)

// pebbleLayers is what the layers are called that Pebble has from this charm.
const pebbleLayers = "connect-integrator"

// unit is what steps work with: the hook's tools and the things of this unit.
type unit struct {
	*hook.Hook
	log         *slog.Logger
	layout      layout
	client      *connectclient.Client
	connections map[hook.RelationID]*connectclient.Connection
	supervisor  *supervisor.Supervisor
	manager     managerAPI
	deadline    time.Time // for work on Kafka Connect; zero: there was none yet
}

// Run does what is due in a hook, or what an action asks for.
func Run(ctx context.Context, h *hook.Hook, log *slog.Logger) error {
	u, err := newUnit(h, log)
	if err != nil {
		return err
	}
	if h.Kind == hook.Action {
		return u.act(ctx)
	}
	w, err := u.observe(ctx)
	if err != nil {
		return err
	}
	err = reconcile.Run(ctx, u, w, next, log)
	if reconcile.IsDiskFull(err) && !w.Leaving {
		log.Error("the next hook goes on", "error", err)
		return u.StatusSet(ctx, reconcile.DiskFull)
	}
	if err != nil || w.Leaving {
		return err
	}
	return u.StatusSet(ctx, status(w))
}

func newUnit(h *hook.Hook, log *slog.Logger) (*unit, error) {
	u := &unit{Hook: h, log: log, layout: layoutOf(h.Event), connections: map[hook.RelationID]*connectclient.Connection{}}
	if err := u.layout.make(); err != nil {
		return nil, fmt.Errorf("make the unit's directories: %w", err)
	}
	u.manager = newManagerAPI(u.layout.socket())
	var err error
	u.supervisor, err = supervisor.Own{
		Charm: pebbleLayers, Binary: u.layout.pebble(), Dir: u.layout.pebbleDir(),
		Service: filepath.Base(u.layout.data) + "-pebble", WholeMachine: h.Root() == "/" && os.Geteuid() == 0,
	}.Supervisor()
	return u, err
}
