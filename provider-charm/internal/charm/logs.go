package charm

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"connectcharms/provider-charm/internal/cos"
	"connectcharms/requirer-lib/supervisor"
)

// observeLogs reads where relations take logs, and where Pebble sends them.
func (u *unit) observeLogs(ctx context.Context, w *World) (err error) {
	w.Watch.LogTargets = map[string]supervisor.LogTarget{}
	for _, id := range w.Watch.Watchers[logEndpoint] {
		units, err := u.RelationUnits(ctx, id)
		if err != nil {
			return err
		}
		slices.Sort(units)
		for _, unit := range units {
			bag, err := u.RelationGet(ctx, id, unit)
			if err != nil {
				return err
			}
			location, err := cos.LogEndpoint(bag)
			if err != nil {
				w.Watch.LogProblem = fmt.Sprintf("%s: %v", unit, err)
			}
			w.addLogTarget(fmt.Sprintf("relation-%d-%s", id, strings.ReplaceAll(unit, "/", "-")), location)
		}
	}
	w.Watch.Forwarding, err = u.supervisor.LogTargets(ctx)
	return err
}

// addLogTarget adds a place for logs, unless there is none or it has been named before: units behind one address name the
// same.
func (w *World) addLogTarget(name, location string) {
	for target := range maps.Values(w.Watch.LogTargets) {
		if target.Location == location {
			return
		}
	}
	if location != "" {
		w.Watch.LogTargets[name] = supervisor.LogTarget{Location: location, Labels: cos.LogLabels(w.topology())}
	}
}

// forwardLogs has Pebble send the services' logs where relations take them.
func forwardLogs(w *World) Step {
	same := len(w.Watch.LogTargets) == 0 && len(w.Watch.Forwarding) == 0 || reflect.DeepEqual(w.Watch.LogTargets, w.Watch.Forwarding)
	if same || !w.Services.GatewayUp { // without services there is no Pebble
		return nil
	}
	return w.once("forward logs", ForwardLogs{})
}

// ForwardLogs sets where Pebble sends logs.
type ForwardLogs struct{}

func (ForwardLogs) Apply(ctx context.Context, u *unit, w *World) (err error) {
	if err := u.supervisor.ForwardLogs(ctx, w.Watch.LogTargets); err != nil {
		return err
	}
	w.Watch.Forwarding, err = u.supervisor.LogTargets(ctx)
	return err
}
