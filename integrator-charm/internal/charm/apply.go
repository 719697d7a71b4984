package charm

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/pluginserver"
)

// The steps.
type (
	// Withdraw ends the plugin server of a unit that stops, and removes the unit's files where the unit goes for good.
	Withdraw struct{ RemoveFiles bool }
	// RequestPlugin has every unit serve the plugin where it is a file, and the leader tell every provider where it is.
	RequestPlugin struct{ Plugin connectclient.Plugin }
	// ChangeConnectors creates, updates and deletes connectors of one relation.
	ChangeConnectors struct {
		Relation hook.RelationID
		Changes  []Change
	}
	// AwaitTasks waits until connectors have got going, or failed.
	AwaitTasks struct{ Relation hook.RelationID }
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

// together is how many changes are under way at a time: more gain nothing on a worker.
const together = 8

func (s ChangeConnectors) Apply(ctx context.Context, u *unit, w *World) error {
	limited, cancel := u.limit(ctx, restPatience)
	defer cancel()
	failed := map[string]error{}
	var mu sync.Mutex
	var group sync.WaitGroup
	turns := make(chan struct{}, together)
	for _, change := range s.Changes {
		turns <- struct{}{}
		group.Go(func() {
			defer func() { <-turns }()
			err := u.change(limited, s.Relation, change, w.Config.Connectors[change.Name])
			if err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed[change.Name] = err
			}
		})
	}
	group.Wait()
	cluster := w.cluster(s.Relation)
	cluster.Failed, cluster.Changed = failed, true
	u.observeConnectors(ctx, cluster)
	return nil
}

// change does one change. Two units that for a moment both take themselves for the leader do no harm: what one finds
// done by the other is done.
func (u *unit) change(ctx context.Context, relation hook.RelationID, change Change, config map[string]string) error {
	link := u.links[relation]
	name := link.connection.ConnectorName(change.Name)
	u.log.Info("connector", "name", name, "action", change.Action)
	var err error
	switch change.Action {
	case Create:
		err = create(ctx, link.rest, name, config)
	case Update:
		_, _, err = link.rest.PutConfig(ctx, name, config)
	case Delete:
		if err = link.rest.Delete(ctx, name); errors.Is(err, connect.ErrNotFound) {
			err = nil
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", change.Action, err)
	}
	return nil
}

// create also takes a connector that the worker did not list yet, or that another unit has made meanwhile.
func create(ctx context.Context, rest *connect.Client, name string, config map[string]string) error {
	_, err := rest.Create(ctx, name, config, connect.InitialRunning)
	if !errors.Is(err, connect.ErrAlreadyExists) {
		return err
	}
	there, err := rest.Config(ctx, name)
	if err != nil || sameConfig(config, there) {
		return err
	}
	_, _, err = rest.PutConfig(ctx, name, config)
	return err
}

// lookEvery is how often AwaitTasks looks. It waits before the first look, too: a connector that was just given another
// configuration still shows the tasks it had.
const lookEvery = 500 * time.Millisecond

func (s AwaitTasks) Apply(ctx context.Context, u *unit, w *World) error {
	limited, cancel := u.limit(ctx, tasksPatience)
	defer cancel()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	cluster := w.cluster(s.Relation)
	for {
		select {
		case <-tick.C:
		case <-limited.Done():
			return ctx.Err()
		}
		look := *cluster
		u.observeConnectors(limited, &look)
		if look.Problem != nil {
			continue // the last good look stands, until the next
		}
		*cluster = look
		if w.isSettled(*cluster) {
			return nil
		}
	}
}

func (w *World) cluster(id hook.RelationID) *Cluster {
	for i := range w.Clusters {
		if w.Clusters[i].Relation == id {
			return &w.Clusters[i]
		}
	}
	return nil
}
