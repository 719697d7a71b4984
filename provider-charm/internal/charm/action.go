package charm

import (
	"context"
	"fmt"
)

// act runs the action that an operator asked for. It looks and changes nothing: what is due is done in hooks.
func (u *unit) act(ctx context.Context) error {
	if u.Action.Name != "list-clients" {
		return u.ActionFail(ctx, fmt.Sprintf("there is no action %s", u.Action.Name))
	}
	w, err := u.observe(ctx)
	if err != nil {
		return err
	}
	return u.ActionSet(ctx, listClients(w))
}

// listClients says of each client which plugin it has and how far its credentials are.
func listClients(w *World) map[string]string {
	listed := map[string]string{"clients": fmt.Sprint(len(w.live()))}
	for _, client := range w.live() {
		listed["relation-"+client.ID.String()] = fmt.Sprintf("%s: %s, %s", client.App, w.pluginOf(client), w.progress(client))
	}
	return listed
}

func (w *World) pluginOf(client Client) string {
	digest := w.Own.Plugins[client.ID].Digest
	switch {
	case client.WantErr != nil:
		return "plugin not known"
	case !client.NeedsPlugin():
		return "no plugin"
	case digest == "":
		return "plugin not installed on this unit"
	}
	return "plugin " + digest.Short()
}

func (w *World) progress(client Client) string {
	if trouble := w.trouble(client); len(trouble) > 0 {
		return trouble[0].Message
	}
	if waitsFor := w.waitsFor(client); waitsFor != "" {
		return waitsFor
	}
	return "credentials published"
}
