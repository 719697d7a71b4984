package charm

import (
	"context"
	"fmt"
	"strings"
)

// preRefreshCheck is the action of that name: it says whether this is a good moment for a refresh. It fails with all that
// speaks against it.
func preRefreshCheck(_ context.Context, _ *unit, w *World) (map[string]string, error) {
	if against := w.againstRefresh(); len(against) > 0 {
		return nil, refuse("not now: %s", strings.Join(against, "; "))
	}
	return map[string]string{"result": fmt.Sprintf("ready to refresh: all is settled on %d units", len(w.units()))}, nil
}

// againstRefresh is what is under way or amiss. A refresh changes nothing of it, but would hide its cause.
func (w *World) againstRefresh() (reasons []string) {
	if w.Config.Problem != "" {
		reasons = append(reasons, w.Config.Problem)
	}
	units := w.units()
	for _, unit := range sortedKeys(units) {
		switch report := units[unit]; {
		case !report.Ready:
			reasons = append(reasons, fmt.Sprintf("the worker of %s is not ready: %s", unit, or(report.Trouble, "it is starting")))
		case report.NeedsRestart:
			reasons = append(reasons, fmt.Sprintf("the worker of %s waits for its restart", unit))
		}
	}
	for _, unit := range w.behindWithAccounts() {
		reasons = append(reasons, fmt.Sprintf("the gateway of %s does not know all accounts yet", unit))
	}
	accounts := w.accounts().Revision()
	for _, client := range w.Clients {
		if waitsFor := w.waitsFor(client, accounts); waitsFor != "" {
			reasons = append(reasons, named(client, waitsFor))
		}
	}
	all := w.credentials()
	for _, name := range sortedKeys(all) {
		if rotation := all[name].Rotation; rotation != nil && rotation.Secret != "" {
			reasons = append(reasons, "the password of "+name+" is being changed")
		}
	}
	return reasons
}
