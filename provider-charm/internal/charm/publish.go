package charm

import (
	"context"
	"fmt"
	"maps"
	"sort"
	"strings"

	"connectcharms/requirer-lib/hook"
	"connectcharms/schemas"
)

// endpointsKey is the key of the databag with the endpoints.
const endpointsKey = "endpoints"

// publish tells a client its endpoints and its secret, at first once every gateway accepts its account. Later, a unit
// that is published stays so while it exists, and a new one is added when it is ready.
func publish(w *World) Step {
	if !w.Leader || w.Config.Problem != "" {
		return nil
	}
	for _, client := range w.live() {
		record := w.Shared.Clients[client.ID]
		if !record.Open || record.fresh {
			continue
		}
		answer := schemas.Answer{
			Endpoints: w.endpoints(client), SecretUser: schemas.SecretURI{ModelUUID: w.Event.ModelUUID, ID: record.Secret},
			SecretTLS: w.secretTLS(), Extra: w.clearTLS(client),
		}
		if len(answer.Endpoints) == 0 {
			continue
		}
		bag := hook.Databag(schemas.Provider{Answers: []schemas.Answer{answer}}.Encode())
		takeBack(bag, client.Published, "secret-tls", "tls", "tls-ca")
		if !contains(client.Published, bag) {
			return Publish{ID: client.ID, Secret: answer.SecretUser.String(), TLS: answer.SecretTLS.String(), Databag: bag}
		}
	}
	return nil
}

func (w *World) endpoints(client Client) []string {
	https := w.tls().HTTPS
	isNew := client.Published[endpointsKey] == ""
	if isNew && w.wantsTLS() && !https {
		return nil // who asks for TLS does not want the first password to go without
	}
	scheme := "http"
	if https {
		scheme = "https"
	}
	revision := w.accounts().Revision()
	var endpoints []string
	missing := false
	for _, report := range w.units() {
		endpoint := w.endpoint(report)
		ready := report.Address != "" && report.Accounts == revision && hasLoaded(report, client)
		if (ready || isPublished(client, endpoint)) && (!https || report.TLS.Shown != "") {
			endpoints = append(endpoints, scheme+endpoint)
		} else {
			missing = true
		}
	}
	if missing && isNew {
		return nil
	}
	sort.Strings(endpoints)
	return endpoints
}

// takeBack empties the keys that are published and are to be no longer.
func takeBack(bag, published hook.Databag, keys ...string) {
	for _, key := range keys {
		if _, stays := bag[key]; !stays && published[key] != "" {
			bag[key] = ""
		}
	}
}

// Publish grants a client its secrets and writes its databag.
type Publish struct {
	ID      hook.RelationID
	Secret  string
	TLS     string // empty: none
	Databag hook.Databag
}

func (s Publish) Apply(ctx context.Context, u *unit, w *World) error {
	if err := u.SecretGrant(ctx, s.Secret, s.ID); err != nil {
		return err
	}
	if s.TLS != "" {
		if err := u.SecretGrant(ctx, s.TLS, s.ID); err != nil {
			return err
		}
	}
	return u.publish(ctx, w, s.ID, s.Databag)
}

// tellClients tells a requirer what its request is held up by, in the databag's status key.
func tellClients(w *World) Step {
	if !w.Leader {
		return nil
	}
	for _, client := range w.live() {
		told := schemas.Provider{Status: append(w.trouble(client), w.failures(client)...)}.Encode()["status"]
		if client.Published["status"] != told {
			return TellClient{ID: client.ID, Status: told}
		}
	}
	return nil
}

// TellClient writes the databag's status key.
type TellClient struct {
	ID     hook.RelationID
	Status string
}

func (s TellClient) Apply(ctx context.Context, u *unit, w *World) error {
	return u.publish(ctx, w, s.ID, hook.Databag{"status": s.Status})
}

// publish writes into a client's databag.
func (u *unit) publish(ctx context.Context, w *World, id hook.RelationID, changes hook.Databag) error {
	if err := u.RelationSetApp(ctx, id, changes); err != nil {
		return err
	}
	for i := range w.Clients {
		if w.Clients[i].ID == id {
			w.Clients[i].Published = maps.Clone(w.Clients[i].Published)
			maps.Copy(w.Clients[i].Published, changes)
		}
	}
	return nil
}

// contains says whether all that is in part is so in bag.
func contains(bag, part hook.Databag) bool {
	for key, value := range part {
		if bag[key] != value {
			return false
		}
	}
	return true
}

// Codes of the status key: contract.md.
const (
	passingTrouble = 4000
	lastingTrouble = 5000
)

// trouble is what the requirer should know of its request.
func (w *World) trouble(client Client) []schemas.StatusEntry {
	if client.WantErr != nil {
		if schemas.IsMissing(client.WantErr) {
			return nil
		}
		return []schemas.StatusEntry{{
			Code: lastingTrouble, Message: schemas.Problems(client.WantErr)[0].Error(),
			Resolution: "correct the databag",
		}}
	}
	if digests := w.digests(client); len(digests) > 1 {
		return []schemas.StatusEntry{{
			Code:       passingTrouble,
			Message:    fmt.Sprintf("plugin: units got different bytes from its URL: sha256 %.12s and %.12s", digests[0], digests[1]),
			Resolution: "serve one file at one URL",
		}}
	}
	return append(w.pluginTrouble(client), w.workerTrouble()...)
}

// pluginTrouble is why a unit cannot install the client's plugin.
func (w *World) pluginTrouble(client Client) []schemas.StatusEntry {
	units := w.units()
	for _, unit := range sortedKeys(units) {
		plugin := units[unit].Plugins[client.ID]
		if plugin.Error == "" || plugin.Failed != fingerprint(client.Want) {
			continue
		}
		entry := schemas.StatusEntry{Code: passingTrouble, Message: plugin.Error, Resolution: "tried again at the next update-status"}
		if plugin.Lasts {
			entry.Code, entry.Resolution = lastingTrouble, "serve a tarball or zip with the plugin's jars"
		}
		return []schemas.StatusEntry{entry}
	}
	return nil
}

// workerTrouble is why a worker is not up.
func (w *World) workerTrouble() []schemas.StatusEntry {
	units := w.units()
	for _, unit := range sortedKeys(units) {
		if report := units[unit]; !report.Ready && report.Trouble != "" {
			return []schemas.StatusEntry{{
				Code: passingTrouble, Message: fmt.Sprintf("the worker of %s: %s", unit, report.Trouble),
				Resolution: "the operator of Kafka Connect has to look at it, unless it passes",
			}}
		}
	}
	return nil
}

// waitsFor is the next thing that a client's credentials wait for; empty when they are published.
func (w *World) waitsFor(client Client) string {
	if client.WantErr != nil {
		return "waiting for the requirer: " + missingKeys(client.WantErr)
	}
	if w.Leader && client.Published["secret-user"] != "" {
		return ""
	}
	revision := w.accounts().Revision()
	units := w.units()
	for _, unit := range sortedKeys(units) {
		switch report := units[unit]; {
		case !hasLoaded(report, client) && client.NeedsPlugin():
			return "waiting for the plugin on " + unit
		case !hasLoaded(report, client):
			return "waiting for the worker of " + unit
		case report.Accounts != revision:
			return "waiting for the gateway of " + unit
		}
	}
	if !w.Shared.Clients[client.ID].Open {
		return "waiting for the leader to open its account"
	}
	return ""
}

func missingKeys(err error) string {
	var keys []string
	for _, problem := range schemas.Problems(err) {
		keys = append(keys, problem.Key)
	}
	return strings.Join(keys, ", ")
}

// clientStatus speaks of the first client in trouble, then of the first that still waits.
func clientStatus(w *World) (hook.Status, bool) {
	for _, client := range w.live() {
		if trouble := w.trouble(client); len(trouble) > 0 {
			status := hook.Status{Name: hook.Waiting, Message: named(client, trouble[0].Message)}
			if trouble[0].Code >= lastingTrouble {
				status.Name = hook.Blocked
			}
			return status, true
		}
	}
	for _, client := range w.live() {
		if waitsFor := w.waitsFor(client); waitsFor != "" {
			return hook.Status{Name: hook.Waiting, Message: named(client, waitsFor)}, true
		}
	}
	for id, record := range w.Shared.Clients {
		if record.Closing && w.Leader {
			return waiting("a worker, to delete the connectors of relation %d", id)
		}
	}
	return hook.Status{}, false
}

func named(client Client, message string) string {
	return fmt.Sprintf("%s: %s", or(client.App, "relation "+client.ID.String()), message)
}
