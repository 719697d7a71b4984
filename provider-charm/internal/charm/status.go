package charm

import (
	"fmt"
	"strings"

	"connectcharms/requirer-lib/hook"
	"connectcharms/schemas"
)

// status says in one line how the unit is: first what a person has to mend, then what is waited for.
func status(w *World) hook.Status {
	for _, said := range []func(*World) (hook.Status, bool){
		configStatus, runtimeStatus, gatewayStatus, workerStatus, clientStatus,
	} {
		if status, is := said(w); is {
			return status
		}
	}
	return hook.Status{Name: hook.Active, Message: summary(w)}
}

func configStatus(w *World) (hook.Status, bool) {
	switch {
	case w.Config.Problem != "":
		return blocked("%s", w.Config.Problem)
	case len(w.Config.BootstrapServers) == 0:
		return blocked("no Kafka: set config bootstrap-servers to host:port[,host:port]")
	}
	return hook.Status{}, false
}

func runtimeStatus(w *World) (hook.Status, bool) {
	switch {
	case w.Runtime.Problem != "":
		return blocked("%s", w.Runtime.Problem)
	case w.Runtime.KafkaDir == "":
		return blocked("no Kafka distribution: attach the resource kafka")
	case w.Address == "":
		return waiting("an address from Juju")
	case w.PeerRelation == nil:
		return waiting("the peer relation")
	}
	return hook.Status{}, false
}

func gatewayStatus(w *World) (hook.Status, bool) {
	if w.Services.GatewayUp {
		return hook.Status{}, false
	}
	return waiting("the gateway: %s", or(w.Services.GatewayReason, "it does not answer"))
}

func workerStatus(w *World) (hook.Status, bool) {
	switch {
	case w.Services.WorkerReady && w.needsRestart():
		return waiting("its turn to restart the worker")
	case w.Services.WorkerReady:
		return hook.Status{}, false
	}
	return waiting("the worker: %s", or(w.Services.WorkerReason, "it is starting"))
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
	units := w.units()
	for _, unit := range sortedKeys(units) {
		plugin := units[unit].Plugins[client.ID]
		if plugin.Error == "" || plugin.Failed != fingerprint(client.Want) {
			continue
		}
		entry := schemas.StatusEntry{Code: passingTrouble, Message: plugin.Error, Resolution: "tried again at the next update-status"}
		if plugin.Lasts {
			entry.Code, entry.Resolution = lastingTrouble, "serve a tar or tar.gz with the plugin's jars"
		}
		return []schemas.StatusEntry{entry}
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
	if w.Shared.Clients[client.ID].Account == nil {
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

func summary(w *World) string {
	switch clients := len(w.live()); clients {
	case 0:
		return "ready, no clients"
	case 1:
		return "1 client"
	default:
		return fmt.Sprintf("%d clients", clients)
	}
}

func named(client Client, message string) string {
	return fmt.Sprintf("%s: %s", or(client.App, "relation "+client.ID.String()), message)
}

func blocked(format string, args ...any) (hook.Status, bool) {
	return hook.Status{Name: hook.Blocked, Message: fmt.Sprintf(format, args...)}, true
}

func waiting(format string, args ...any) (hook.Status, bool) {
	return hook.Status{Name: hook.Waiting, Message: "waiting for " + fmt.Sprintf(format, args...)}, true
}

func or(text, otherwise string) string {
	if text != "" {
		return text
	}
	return otherwise
}
