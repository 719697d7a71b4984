package charm

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"connectcharms/provider-charm/internal/accounts"
	"connectcharms/provider-charm/internal/worker"
	"connectcharms/requirer-lib/connectprovider"
	"connectcharms/requirer-lib/hook"
)

const clientEndpoint = "connect-client"

// cleanupPatience bounds the deletion of what connectors a client has left.
const cleanupPatience = 30 * time.Second

func (u *unit) observeClients(ctx context.Context, w *World) (err error) {
	if w.Relations, err = u.clients.Relations(ctx, w.Leader); err != nil {
		return err
	}
	w.Clients = clientsOf(w.Relations, w.Config)
	return nil
}

// clientsOf takes the requests out of relations.
func clientsOf(relations []connectprovider.Relation, config Config) (clients []Client) {
	for _, relation := range relations {
		for _, request := range relation.Requests {
			client := Client{
				Key: relation.Key(request), App: relation.App, Want: request, WantErr: request.Problem, Published: relation.Answer(request.ID),
			}
			config.pin(&client)
			clients = append(clients, client)
		}
	}
	return clients
}

// addSecrets makes credentials for a new request. No account goes with them yet: they open nothing. They are granted in
// a later hook, since Juju 4.1-beta2 drops a grant made in the same one.
func addSecrets(w *World) Step {
	if !w.Leader || w.PeerRelation == nil {
		return nil
	}
	var due []Step
	for _, client := range w.Clients {
		if _, recorded := w.Shared.Clients[client.Key]; !recorded {
			due = append(due, AddSecret{Key: client.Key})
		}
	}
	return inOne(due)
}

// AddSecret makes a request's credentials.
type AddSecret struct{ Key connectprovider.Key }

func (s AddSecret) Apply(ctx context.Context, u *unit, w *World) error {
	credentials, err := u.addCredentials(ctx, s.Key.Label(clientEndpoint), accounts.Account{Username: s.Key.Username(), Relation: int(s.Key.Relation)})
	if err != nil {
		return err
	}
	return u.share(ctx, w, func(shared *Shared) {
		shared.Clients[s.Key] = ClientRecord{Credentials: credentials, Since: w.second(), fresh: true}
	})
}

// takeOverSecrets gives the secret of a request that is gone to a new one of its relation, with another user name and
// password: the relation can read it already, so there is no later hook to wait for. So it is for requirers whose version
// of the contract shows only after relation-created, for those that are refreshed to another, and in v1 for those whose
// plugin-url changes.
func takeOverSecrets(w *World) Step {
	if !w.Leader {
		return nil
	}
	for _, client := range w.Clients {
		if _, recorded := w.Shared.Clients[client.Key]; recorded {
			continue
		}
		for _, key := range recordedKeys(w) {
			if record := w.Shared.Clients[key]; key.Relation == client.Key.Relation && !w.goesOn(key) && !record.Closing {
				return TakeOverSecret{From: key, To: client.Key}
			}
		}
	}
	return nil
}

// TakeOverSecret gives the secret of one request to another.
type TakeOverSecret struct{ From, To connectprovider.Key }

func (s TakeOverSecret) Apply(ctx context.Context, u *unit, w *World) error {
	record := w.Shared.Clients[s.From]
	for _, id := range record.secrets()[1:] {
		if err := u.SecretRemove(ctx, "secret:"+id, 0); err != nil && !hook.IsNotFound(err) {
			return err
		}
	}
	account := accounts.Account{Username: s.To.Username(), Relation: int(s.To.Relation)}
	content, hash, err := newPassword(account.Username)
	if err != nil {
		return err
	}
	account.Hash = hash
	options := hook.SecretOptions{Label: s.To.Label(clientEndpoint)}
	if err := u.SecretSet(ctx, "secret:"+record.Secret, content, options); err != nil {
		return err
	}
	return u.share(ctx, w, func(shared *Shared) {
		delete(shared.Clients, s.From)
		shared.Clients[s.To] = ClientRecord{
			Credentials: Credentials{Secret: record.Secret, Account: account, Policy: record.Policy}, Since: w.second(),
		}
	})
}

// openAccounts opens an account once every worker says that it has loaded the request's plugin.
func openAccounts(w *World) Step {
	if !w.Leader {
		return nil
	}
	var due []Step
	for _, client := range w.Clients {
		record, recorded := w.Shared.Clients[client.Key]
		if !recorded || record.Open || record.fresh || client.WantErr != nil {
			continue
		}
		if w.loadedEverywhere(client) {
			due = append(due, OpenAccount{Key: client.Key})
		}
	}
	return inOne(due)
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
	plugin := report.Plugins[client.Key]
	return plugin.Source == fingerprint(client.Want) && slices.Contains(report.Loaded, plugin.Digest)
}

// OpenAccount lets a request's credentials in.
type OpenAccount struct{ Key connectprovider.Key }

func (s OpenAccount) Apply(ctx context.Context, u *unit, w *World) error {
	return u.share(ctx, w, func(shared *Shared) {
		record := shared.Clients[s.Key]
		record.Open = true
		shared.Clients[s.Key] = record
	})
}

// closeClients takes account and secret of a request that is gone. The next leader finds it in the shared record, should
// this one not come to it.
func closeClients(w *World) Step {
	if !w.Leader {
		return nil
	}
	var due []Step
	for _, key := range recordedKeys(w) {
		if record := w.Shared.Clients[key]; !w.goesOn(key) && !record.Closing {
			due = append(due, CloseClient{Key: key, Secrets: record.secrets()})
		}
	}
	return inOne(due)
}

// CloseClient takes back a request's account and secret. Connectors are marked with the relation alone: they stay while it does.
type CloseClient struct {
	Key     connectprovider.Key
	Secrets []string
}

func (s CloseClient) Apply(ctx context.Context, u *unit, w *World) error {
	for _, id := range s.Secrets {
		if err := u.SecretRemove(ctx, "secret:"+id, 0); err != nil && !hook.IsNotFound(err) {
			return err
		}
	}
	return u.share(ctx, w, func(shared *Shared) {
		delete(shared.Clients, s.Key)
		if !w.isRelated(s.Key.Relation) {
			shared.Clients[connectprovider.Key{Relation: s.Key.Relation}] = ClientRecord{Closing: true}
		}
	})
}

// forgetClients deletes the connectors of a relation that is gone. It needs a worker; without one it stays to be done. So it does while a
// gateway has the old accounts still: one that hangs may let a request in when it goes on, which makes a connector after all.
func forgetClients(w *World) Step {
	if !w.Leader || !w.Services.WorkerReady || w.Shared.Operator == nil {
		return nil
	}
	closing := slices.DeleteFunc(recordedKeys(w), func(key connectprovider.Key) bool { return !w.Shared.Clients[key].Closing })
	if len(closing) == 0 {
		return nil
	}
	last := len(w.behindWithAccounts()) == 0
	var due []Step
	for _, key := range closing {
		step := w.once(fmt.Sprintf("forget %s %v", key, last), ForgetRelation{ID: key.Relation, Secret: w.Shared.Operator.Secret, Last: last})
		if step != nil {
			due = append(due, step)
		}
	}
	return inOne(due)
}

// ForgetRelation deletes what connectors the clients of a relation have left, with the account in Secret. After the last time, nobody
// looks again.
type ForgetRelation struct {
	ID     hook.RelationID
	Secret string
	Last   bool
}

func (s ForgetRelation) Apply(ctx context.Context, u *unit, w *World) error {
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
	if !s.Last {
		return nil
	}
	return u.share(ctx, w, func(shared *Shared) { delete(shared.Clients, connectprovider.Key{Relation: s.ID}) })
}

func recordedKeys(w *World) []connectprovider.Key {
	return slices.SortedFunc(maps.Keys(w.Shared.Clients), connectprovider.Key.Compare)
}

// listClients says of each client which plugin it has and how far its credentials are.
func listClients(_ context.Context, _ *unit, w *World) (map[string]string, error) {
	listed := map[string]string{"clients": fmt.Sprint(len(w.Clients))}
	for _, client := range w.Clients {
		listed[client.Key.Username()] = fmt.Sprintf("%s: %s, %s", client.App, w.pluginOf(client), w.progress(client))
	}
	return listed, nil
}

func (w *World) pluginOf(client Client) string {
	digest := w.Own.Plugins[client.Key].Digest
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
	if waitsFor := w.waitsFor(client, w.accounts().Revision()); waitsFor != "" {
		return waitsFor
	}
	return "credentials published"
}
