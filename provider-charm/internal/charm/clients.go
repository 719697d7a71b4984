package charm

import (
	"context"
	"fmt"
	"slices"
	"time"

	"connectcharms/provider-charm/internal/accounts"
	"connectcharms/provider-charm/internal/worker"
	"connectcharms/requirer-lib/hook"
	"connectcharms/schemas"
)

const clientEndpoint = "connect-client"

// cleanupPatience bounds the deletion of what connectors a client has left.
const cleanupPatience = 30 * time.Second

func (u *unit) observeClients(ctx context.Context, w *World) error {
	ids, err := u.RelationIDs(ctx, clientEndpoint)
	if err != nil {
		return err
	}
	slices.Sort(ids)
	for _, id := range ids {
		client, err := u.observeClient(ctx, id, w.Leader)
		if err != nil {
			return err
		}
		w.Config.pin(&client)
		w.Clients = append(w.Clients, client)
	}
	return nil
}

func (u *unit) observeClient(ctx context.Context, id hook.RelationID, leader bool) (Client, error) {
	client := Client{ID: id}
	if u.Relation != nil && u.Relation.ID == id && u.Kind == hook.RelationBroken {
		client.Broken = true
		return client, nil
	}
	var err error
	if client.App, err = u.RelationApp(ctx, id); err != nil {
		return client, err
	}
	bag, err := u.RelationGet(ctx, id, client.App)
	if err != nil {
		return client, err
	}
	client.want(bag)
	if leader {
		client.Published, err = u.RelationGet(ctx, id, u.Application())
	}
	return client, err
}

// want reads what the client asks for.
func (c *Client) want(bag hook.Databag) {
	requirer, err := schemas.DecodeRequirer(bag)
	c.Want, c.WantErr = schemas.Request{}, err
	if len(requirer.Requests) > 0 {
		c.Want = requirer.Requests[0]
	}
}

// addSecrets makes credentials for a new relation. No account goes with them yet: they open nothing. They are granted in
// a later hook, since Juju 4.1-beta2 drops a grant made in the same one.
func addSecrets(w *World) Step {
	if !w.Leader || w.PeerRelation == nil {
		return nil
	}
	for _, client := range w.live() {
		if _, recorded := w.Shared.Clients[client.ID]; !recorded {
			return AddSecret{ID: client.ID}
		}
	}
	return nil
}

// AddSecret makes a relation's credentials.
type AddSecret struct{ ID hook.RelationID }

func (s AddSecret) Apply(ctx context.Context, u *unit, w *World) error {
	credentials, err := u.addCredentials(ctx, accounts.Account{Username: username(s.ID), Relation: int(s.ID)})
	if err != nil {
		return err
	}
	return u.share(ctx, w, func(shared *Shared) {
		shared.Clients[s.ID] = ClientRecord{Credentials: credentials, Since: w.second(), fresh: true}
	})
}

// openAccounts opens an account once every worker says that it has loaded the relation's plugin.
func openAccounts(w *World) Step {
	if !w.Leader {
		return nil
	}
	for _, client := range w.live() {
		record, recorded := w.Shared.Clients[client.ID]
		if !recorded || record.Open || record.fresh || client.WantErr != nil {
			continue
		}
		if w.loadedEverywhere(client) {
			return OpenAccount{ID: client.ID}
		}
	}
	return nil
}

func (w *World) loadedEverywhere(client Client) bool {
	if len(w.digests(client)) > 1 {
		return false
	}
	for _, report := range w.units() {
		if !hasLoaded(report, client) {
			return false
		}
	}
	return true
}

// hasLoaded says whether a unit's worker serves and has the client's plugin.
func hasLoaded(report Report, client Client) bool {
	if !report.Ready {
		return false
	}
	if !client.NeedsPlugin() {
		return true
	}
	plugin := report.Plugins[client.ID]
	return plugin.Source == fingerprint(client.Want) && slices.Contains(report.Loaded, plugin.Digest)
}

// OpenAccount lets a relation's credentials in.
type OpenAccount struct{ ID hook.RelationID }

func (s OpenAccount) Apply(ctx context.Context, u *unit, w *World) error {
	return u.share(ctx, w, func(shared *Shared) {
		record := shared.Clients[s.ID]
		record.Open = true
		shared.Clients[s.ID] = record
	})
}

// closeClients takes account and secret of a relation that is gone. The next leader finds it in the shared record,
// should this one not come to it.
func closeClients(w *World) Step {
	if !w.Leader {
		return nil
	}
	for _, id := range recordedIDs(w) {
		if _, live := w.client(id); !live && !w.Shared.Clients[id].Closing {
			return CloseClient{ID: id, Secrets: w.Shared.Clients[id].secrets()}
		}
	}
	return nil
}

// CloseClient takes back a relation's account and secret.
type CloseClient struct {
	ID      hook.RelationID
	Secrets []string
}

func (s CloseClient) Apply(ctx context.Context, u *unit, w *World) error {
	for _, id := range s.Secrets {
		if err := u.SecretRemove(ctx, "secret:"+id, 0); err != nil && !hook.IsNotFound(err) {
			return err
		}
	}
	return u.share(ctx, w, func(shared *Shared) {
		shared.Clients[s.ID] = ClientRecord{Closing: true}
	})
}

// forgetClients deletes the connectors of a relation that is gone. It needs a worker; without one it stays to be done.
func forgetClients(w *World) Step {
	if !w.Leader || !w.Services.WorkerReady || w.Shared.Operator == nil {
		return nil
	}
	for _, id := range recordedIDs(w) {
		if w.Shared.Clients[id].Closing {
			if step := w.once("forget "+id.String(), ForgetClient{ID: id, Secret: w.Shared.Operator.Secret}); step != nil {
				return step
			}
		}
	}
	return nil
}

// ForgetClient deletes what connectors a closed client has left, with the account in Secret.
type ForgetClient struct {
	ID     hook.RelationID
	Secret string
}

func (s ForgetClient) Apply(ctx context.Context, u *unit, w *World) error {
	limited, cancel := context.WithTimeout(ctx, cleanupPatience)
	defer cancel()
	content, err := u.SecretGet(ctx, "secret:"+s.Secret, hook.Peek)
	if err != nil {
		return err
	}
	rest, err := worker.NewREST(w.Config.Settings(w).URL(), content["username"].Reveal(), content["password"])
	if err != nil {
		return err
	}
	if err := rest.DeleteConnectors(limited, s.ID); err != nil {
		u.log.Warn("connectors of a relation that is gone are left; tried again in a later hook", "relation", s.ID, "error", err)
		return nil
	}
	return u.share(ctx, w, func(shared *Shared) { delete(shared.Clients, s.ID) })
}

func recordedIDs(w *World) []hook.RelationID { return sortedKeys(w.Shared.Clients) }

// listClients says of each client which plugin it has and how far its credentials are.
func listClients(_ context.Context, _ *unit, w *World) (map[string]string, error) {
	listed := map[string]string{"clients": fmt.Sprint(len(w.live()))}
	for _, client := range w.live() {
		listed["relation-"+client.ID.String()] = fmt.Sprintf("%s: %s, %s", client.App, w.pluginOf(client), w.progress(client))
	}
	return listed, nil
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
