package charm

import (
	"fmt"
	"slices"
	"strings"

	"connectcharms/requirer-lib/connectprovider"
	"connectcharms/requirer-lib/hook"
	"connectcharms/schemas"
)

// statusFor is what a relation's requirer is told of its requests and its connectors.
func (w *World) statusFor(relation connectprovider.Relation) (entries []schemas.StatusEntry) {
	if isWrong(relation.Problem) {
		entries = append(entries, refused(relation.Problem))
	}
	clients := w.clientsOf(relation.ID)
	for _, client := range clients {
		for _, entry := range w.requestTrouble(client) {
			if len(clients) > 1 {
				entry.Message = "request " + client.Key.Request + ": " + entry.Message
			}
			entries = append(entries, entry)
		}
	}
	if slices.ContainsFunc(clients, w.needsWorkers) {
		entries = append(entries, w.workerTrouble()...)
	}
	entries = append(entries, w.secretsTrouble(relation.ID)...)
	return append(entries, w.failures(relation.ID)...)
}

// isWrong tells what breaks a rule from what is only not there yet.
func isWrong(err error) bool { return err != nil && !schemas.IsMissing(err) }

func refused(err error) schemas.StatusEntry {
	return schemas.StatusEntry{Code: schemas.LastingTrouble, Message: schemas.Problems(err)[0].Error(), Resolution: "correct the databag"}
}

// trouble is what holds one client up.
func (w *World) trouble(client Client) []schemas.StatusEntry {
	trouble := w.requestTrouble(client)
	if w.needsWorkers(client) {
		trouble = append(trouble, w.workerTrouble()...)
	}
	return trouble
}

// needsWorkers says whether all that a request still needs is workers that are up with its plugin.
func (w *World) needsWorkers(client Client) bool {
	return client.WantErr == nil && len(w.digests(client)) < 2
}

// requestTrouble is what the requirer should know of one request.
func (w *World) requestTrouble(client Client) []schemas.StatusEntry {
	if client.WantErr != nil {
		if !isWrong(client.WantErr) {
			return nil
		}
		return []schemas.StatusEntry{refused(client.WantErr)}
	}
	if digests := w.digests(client); len(digests) > 1 {
		return []schemas.StatusEntry{{
			Code:       schemas.PassingTrouble,
			Message:    fmt.Sprintf("plugin: units got different bytes from its URL: sha256 %.12s and %.12s", digests[0], digests[1]),
			Resolution: "serve one file at one URL",
		}}
	}
	return w.pluginTrouble(client)
}

// pluginTrouble is why a unit cannot install the client's plugin.
func (w *World) pluginTrouble(client Client) []schemas.StatusEntry {
	units := w.units()
	for _, unit := range sortedKeys(units) {
		plugin := units[unit].Plugins[client.Key]
		if plugin.Error == "" || plugin.Failed != fingerprint(client.Want) {
			continue
		}
		entry := schemas.StatusEntry{Code: schemas.PassingTrouble, Message: plugin.Error, Resolution: "tried again at the next update-status"}
		if plugin.Lasts {
			entry.Code, entry.Resolution = schemas.LastingTrouble, "serve a tarball or zip with the plugin's jars"
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
				Code: schemas.PassingTrouble, Message: fmt.Sprintf("the worker of %s: %s", unit, report.Trouble),
				Resolution: "the operator of Kafka Connect has to look at it, unless it passes",
			}}
		}
	}
	return nil
}

// waitsFor is the next thing that a client's credentials wait for, given the revision of the accounts that gateways are to accept; empty
// when they are published.
func (w *World) waitsFor(client Client, accounts string) string {
	if client.WantErr != nil {
		return "waiting for the requirer: " + missingKeys(client.WantErr)
	}
	if w.Leader && client.isServed() {
		return ""
	}
	units := w.units()
	for _, unit := range sortedKeys(units) {
		switch report := units[unit]; {
		case !hasLoaded(report, client) && client.NeedsPlugin():
			return "waiting for the plugin on " + unit
		case !hasLoaded(report, client):
			return "waiting for the worker of " + unit
		case report.Accounts != accounts:
			return "waiting for the gateway of " + unit
		}
	}
	if !w.Shared.Clients[client.Key].Open {
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
	for _, relation := range w.Relations {
		if isWrong(relation.Problem) {
			return blocked("%s: %s", relation.App, refused(relation.Problem).Message)
		}
	}
	for _, client := range w.Clients {
		if trouble := w.trouble(client); len(trouble) > 0 {
			status := hook.Status{Name: hook.Waiting, Message: named(client, trouble[0].Message)}
			if trouble[0].Code >= schemas.LastingTrouble {
				status.Name = hook.Blocked
			}
			return status, true
		}
	}
	for _, relation := range w.Relations {
		if trouble := w.secretsTrouble(relation.ID); len(trouble) > 0 {
			return waiting("%s to mend its secrets: %s", relation.App, trouble[0].Message)
		}
	}
	accounts := w.accounts().Revision()
	for _, client := range w.Clients {
		if waitsFor := w.waitsFor(client, accounts); waitsFor != "" {
			return hook.Status{Name: hook.Waiting, Message: named(client, waitsFor)}, true
		}
	}
	for key, record := range w.Shared.Clients {
		if !record.Closing || !w.Leader {
			continue
		}
		if behind := w.behindWithAccounts(); len(behind) > 0 {
			return waiting("the gateway of %v, to shut out relation %d", behind, key.Relation)
		}
		return waiting("a worker, to delete the connectors of relation %d", key.Relation)
	}
	return hook.Status{}, false
}

func named(client Client, message string) string {
	return fmt.Sprintf("%s: %s", client.name(), message)
}
