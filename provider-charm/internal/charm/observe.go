package charm

import (
	"context"
	"time"

	"connectcharms/provider-charm/internal/worker"
	"connectcharms/requirer-lib/reconcile"
	"connectcharms/requirer-lib/secret"
)

// observe reads all that the rules need.
func (u *unit) observe(ctx context.Context) (*World, error) {
	w := &World{Event: u.Event, Now: time.Now()}
	var err error
	if w.Leaving, err = reconcile.IsLeaving(u.Event, u.layout.leavingFile()); err != nil {
		return nil, err
	}
	if w.Leaving {
		return w, nil
	}
	for _, read := range []func(context.Context, *World) error{
		u.observeModel, u.observeAdmin, u.observeDownloads, u.observeKafka, u.observePeers, u.observeIdentity, u.observeCertificate, u.observeClients,
		u.observeSecrets, u.observeRuntime, u.observeWatch,
	} {
		if err := read(ctx, w); err != nil {
			return nil, err
		}
	}
	if u.rest, err = worker.NewREST(w.Config.Settings(w).URL(), "", secret.Value{}); err != nil {
		return nil, err
	}
	if err := u.observeStore(w); err != nil {
		return nil, err
	}
	if err := u.observeServices(ctx, w); err != nil {
		return nil, err
	}
	if err := u.observeFailing(ctx, w); err != nil {
		return nil, err
	}
	return w, u.observeGroup(ctx, w)
}

func (u *unit) observeModel(ctx context.Context, w *World) error {
	options, err := u.ConfigGet(ctx)
	if err != nil {
		return err
	}
	w.Config = readConfig(options, u.Event)
	if w.Leader, err = u.IsLeader(ctx); err != nil {
		return err
	}
	network, err := u.NetworkGet(ctx, clientEndpoint)
	if err != nil {
		return err
	}
	w.Address, w.ListenAddress = u.place.addresses(network)
	return nil
}
