package charm

import (
	"context"
	"log/slog"

	"connectcharms/provider-charm/internal/distribution"
	"connectcharms/provider-charm/internal/gateway"
	"connectcharms/provider-charm/internal/plugins"
	"connectcharms/provider-charm/internal/secretfiles"
	"connectcharms/provider-charm/internal/worker"
	"connectcharms/requirer-lib/connectprovider"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/reconcile"
	"connectcharms/requirer-lib/supervisor"
)

// unit is what steps work with: the hook's tools and the things of this unit.
type unit struct {
	*hook.Hook
	log        *slog.Logger
	place      place
	layout     layout // where files are
	seen       layout // where the services see them
	store      *plugins.Store
	secrets    secretfiles.Store
	kafka      *distribution.Store
	supervisor *supervisor.Supervisor
	control    gateway.Control
	clients    *connectprovider.Provider
	rest       *worker.REST
	installed  map[plugins.Digest]plugins.Installed // what the store has
}

// Run does what is due in a hook; in an action, what was asked for first.
func Run(ctx context.Context, h *hook.Hook, log *slog.Logger) error {
	u, err := newUnit(ctx, h, log)
	if err != nil {
		return err
	}
	w, err := u.observe(ctx)
	if err != nil {
		return err
	}
	if h.Kind == hook.Action {
		if err := u.act(ctx, w); err != nil {
			return err
		}
	}
	err = reconcile.Run(ctx, u, w, next, log)
	if err == nil && !w.Leaving {
		err = u.noteForMetrics(w)
	}
	if reconcile.IsDiskFull(err) && !w.Leaving {
		log.Error("the next hook goes on", "error", err)
		return u.StatusSet(ctx, reconcile.DiskFull)
	}
	if err != nil || w.Leaving {
		return err
	}
	if w.Leader {
		if err := u.StatusSetApp(ctx, applicationStatus(w)); err != nil {
			return err
		}
	}
	return u.setStatus(ctx, status(w), w.Now)
}

func newUnit(ctx context.Context, h *hook.Hook, log *slog.Logger) (*unit, error) {
	at := placeOf(h.Event)
	if err := at.prepare(ctx); err != nil {
		return nil, err
	}
	files, seen := at.layouts()
	store, err := plugins.Open(files.pluginsDir())
	if err != nil {
		return nil, err
	}
	pebble, err := at.supervisor()
	if err != nil {
		return nil, err
	}
	return &unit{
		Hook: h, log: log, place: at, layout: files, seen: seen, store: store, secrets: secretfiles.Store(files.secretsDir()), kafka: distribution.Open(files.kafkaDir()),
		supervisor: pebble, control: gateway.Control{Socket: files.controlFile()},
		clients: connectprovider.New(h, connectprovider.Options{Endpoint: clientEndpoint, Apps: connectprovider.InFile(files.appsFile())}),
	}, nil
}
