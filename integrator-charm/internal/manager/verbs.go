package manager

import (
	"context"
	"encoding/json"
	"fmt"

	"connectcharms/integrator-charm/internal/store"
	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
)

// do does what a person wants of one connector, by its name in Kafka Connect or in the file. It must be the manager's own.
func (k *keeper) do(ctx context.Context, called string, verb Verb, by string) error {
	if !k.cluster.Rules.Active {
		return ErrStandby
	}
	there, err := k.look(ctx, 0)
	if err != nil {
		return err
	}
	name, found, is := find(there, called)
	switch {
	case !is:
		return fmt.Errorf("connector %.100q: %w", called, ErrNotFound)
	case !found.Owned:
		return fmt.Errorf("connector %s: %w: it is not this manager's", name, ErrInvalid)
	case verb == Delete && found.Protected:
		return fmt.Errorf("connector %s: %w: %w", name, ErrInvalid, connectors.ErrProtected)
	}
	began := k.now()
	if verb == Resume {
		k.release(ctx, name)
	}
	err = k.act(ctx, found.Connector, verb)
	k.heal(ctx, []string{name})
	run := store.Run{Kind: string(verb), By: by, Began: began, Ended: k.now(), Error: text(err)}
	result := verbResult(name, verb, err)
	run.Summary, _ = json.Marshal(connectors.Report{Connectors: []connectors.Result{result}}.Summary()) // texts can always be encoded
	k.tellChanges(ctx, k.addRun(ctx, run), by, []connectors.Result{result})
	k.log.Info("a person has acted on a connector", "who", by, "what", verb, "connector", name, "error", err)
	k.sight.changed()
	poke(k.failed)
	k.hub.Tell(k.cluster.Name, OnHistory, OnConnectors)
	return err
}

func find(there map[string]connectors.Found, called string) (name string, found connectors.Found, is bool) {
	for name, found := range there {
		if found.Connector == called {
			return name, found, true
		}
	}
	found, is = there[called]
	return called, found, is
}

func (k *keeper) act(ctx context.Context, connector string, verb Verb) (err error) {
	client := k.cluster.client()
	switch verb {
	case Pause:
		err = client.Pause(ctx, connector)
	case Resume:
		err = client.Resume(ctx, connector)
	case Stop:
		err = client.Stop(ctx, connector)
	case Restart:
		_, err = client.Restart(ctx, connector, connect.RestartOptions{IncludeTasks: true})
	case Delete:
		err = client.Delete(ctx, connector)
	default:
		err = fmt.Errorf("%w: there is no verb %.40q", ErrInvalid, verb)
	}
	return err
}

// verbResult has a verb look like a sync that did just that.
func verbResult(name string, verb Verb, err error) connectors.Result {
	actions := map[Verb]connectors.Action{
		Pause: connectors.Pause, Resume: connectors.Resume, Stop: connectors.Stop, Restart: connectors.Restart, Delete: connectors.Delete,
	}
	result := connectors.Result{Name: name, Err: err}
	if err == nil {
		result.Done = []connectors.Action{actions[verb]}
	}
	return result
}
