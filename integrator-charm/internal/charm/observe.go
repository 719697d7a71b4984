package charm

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/reconcile"
	"connectcharms/schemas"
)

// observe reads all that the rules need.
func (u *unit) observe(ctx context.Context) (*World, error) {
	w := &World{Event: u.Event, Layout: u.layout}
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
		Endpoint: endpoint, Version: w.Config.Version, PluginPort: w.Config.PluginPort, Log: u.log,
	})
	for _, part := range []func(context.Context, *World) error{
		u.observeUnit, u.observePlugin, u.observeWanted, u.observeClusters, u.observeOverlays, u.observePorts, u.observeManager,
	} {
		if err := part(ctx, w); err != nil {
			return nil, err
		}
	}
	return w, nil
}

func (u *unit) observeUnit(ctx context.Context, w *World) (err error) {
	program := filepath.Join(u.Root(), "usr/bin/juju-exec")
	if _, err := os.Stat(program); err == nil {
		w.Exec = program
	}
	if w.Leader, err = u.IsLeader(ctx); err != nil || w.Config.Serve.Port == 0 {
		return err
	}
	network, err := u.NetworkGet(ctx, endpoint)
	if err == nil && len(network.Bind) > 0 {
		w.Address = network.Bind[0]
	}
	return err
}

func (u *unit) observePlugin(ctx context.Context, w *World) (err error) {
	if w.Config.PluginURL == "" {
		w.Resource, err = u.observeResource(ctx, pluginResource)
	}
	return err
}

// observeWanted reads the state file and the secrets that the configuration names.
func (u *unit) observeWanted(ctx context.Context, w *World) (err error) {
	if w.State, err = u.observeState(ctx, w.Config.State); err != nil {
		return err
	}
	w.Granted, err = u.observeGranted(ctx, w.Config)
	return err
}

// observeResource finds the file that is attached. Only where Juju says that there is none, there is none; any other
// refusal leaves it open.
func (u *unit) observeResource(ctx context.Context, name string) (Resource, error) {
	file, err := u.ResourceGet(ctx, name)
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

// observeClusters reads the relations. Every unit does: one that is to take over has all that it needs.
func (u *unit) observeClusters(ctx context.Context, w *World) error {
	connections, err := u.client.Connections(ctx)
	if err != nil {
		return err
	}
	for _, connection := range connections {
		cluster, err := observeCluster(ctx, connection)
		if err != nil {
			return err
		}
		w.Clusters = append(w.Clusters, cluster)
		u.connections[cluster.Relation] = connection
	}
	return nil
}

func observeCluster(ctx context.Context, connection *connectclient.Connection) (Cluster, error) {
	cluster := Cluster{Relation: connection.RelationID(), Provider: connection.Provider(), MayEnd: connection.MayEnd()}
	cluster.Place, _ = connection.SecretsPlace()
	cluster.Kafka = connection.ProviderConnections()
	if trouble, is := connection.Trouble(); is && trouble.Code >= schemas.LastingTrouble {
		cluster.Trouble = fmt.Sprintf("%s: %s", connection.Provider(), trouble.Message)
	}
	if err := connection.Ready(ctx); err != nil {
		if _, notReady := connectclient.Status(err); !notReady {
			return cluster, err
		}
		cluster.NotReady = err
		return cluster, nil
	}
	cluster.Endpoints, cluster.Username, cluster.Password = connection.Endpoints(), connection.Username(), connection.Password()
	cluster.CA, cluster.Suffix = connection.CA(), connection.ConnectorName("")
	return cluster, nil
}

// hostOf is a URL's host, without port.
func hostOf(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return parsed.Hostname()
}
