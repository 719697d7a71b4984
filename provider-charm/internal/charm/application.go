package charm

import "connectcharms/requirer-lib/hook"

// applicationStatus is what the leader says for all units. Once a charm has set it, Juju no longer makes one of the units'
// own, so it is set in every hook of the leader: what is wrong on this unit, else what is wrong on another, else what
// should be known of connectors.
func applicationStatus(w *World) hook.Status {
	own := status(w)
	if own.Name != hook.Active {
		return own
	}
	units := w.units()
	for _, unit := range sortedKeys(units) {
		if report := units[unit]; !report.Ready {
			status, _ := waiting("the worker of %s: %s", unit, or(report.Trouble, "it is not ready"))
			return status
		}
	}
	own.Message += w.failingStatus()
	return own
}
