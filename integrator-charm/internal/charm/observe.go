package charm

import (
	"context"
	"fmt"
	"os"
	"time"

	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/reconcile"
	"connectcharms/schemas"
)

// observe reads all that the rules need.
func (u *unit) observe(ctx context.Context) (*World, error) {
	w := &World{Event: u.Event}
	var err error
	if w.Leaving, err = reconcile.IsLeaving(u.Event, u.layout.leavingFile()); err != nil || w.Leaving {
		return w, err
	}
	options, err := u.ConfigGet(ctx)
	if err != nil {
		return nil, err
	}
	w.Config = readConfig(options)
	u.client = connectclient.New(u.Hook, connectclient.Options{
		Endpoint: endpoint, Version: w.Config.Version, PluginPort: w.Config.PluginPort,
		Timeout: requestPatience, Patience: requestPatience, Log: u.log,
	})
	if w.Leader, err = u.IsLeader(ctx); err != nil {
		return nil, err
	}
	if w.Config.PluginURL == "" {
		if w.Resource, err = u.observeResource(ctx); err != nil {
			return nil, err
		}
	}
	if !w.Leader {
		return w, nil
	}
	return w, u.observeClusters(ctx, w)
}

// observeResource finds the plugin that is attached. Only where Juju says that there is none, there is none; any other
// refusal leaves it open.
func (u *unit) observeResource(ctx context.Context) (Resource, error) {
	file, err := u.ResourceGet(ctx, pluginResource)
	switch {
	case hook.IsNotFound(err):
		return Resource{}, nil
	case err != nil && ctx.Err() != nil:
		return Resource{}, err
	case err != nil:
		return Resource{Problem: err.Error()}, nil
	}
	info, err := os.Stat(file)
	if err != nil {
		return Resource{Problem: err.Error()}, nil
	}
	if info.Size() == 0 {
		return Resource{}, nil // what stores hand out that want some file for every resource
	}
	return Resource{File: file}, nil
}

func (u *unit) observeClusters(ctx context.Context, w *World) error {
	u.deadline = time.Now().Add(restPatience)
	connections, err := u.client.Connections(ctx)
	if err != nil {
		return err
	}
	for _, connection := range connections {
		cluster := Cluster{Relation: connection.RelationID()}
		if trouble, is := connection.Trouble(); is && trouble.Code >= schemas.LastingTrouble {
			cluster.Trouble = fmt.Sprintf("%s: %s", connection.Provider(), trouble.Message)
		}
		u.connections[cluster.Relation] = connection
		w.Clusters = append(w.Clusters, cluster)
	}
	return nil
}
