package charm

import (
	"maps"
	"slices"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/reconcile"
)

// Step is one thing that is due in a unit.
type Step = reconcile.Step[*unit, *World]

// next names the one step that is due, or nil when all is as it should be. The order matters: what closes comes before
// what opens, what this unit needs before what it tells others.
func next(w *World) Step {
	if w.Leaving {
		return leave(w)
	}
	return reconcile.First(w,
		// who is shut out, and what is left of who has gone
		takeOverSecrets, closeClients, setAdmin, writeAccounts, forgetClients,
		// secrets of the application
		addOperator, addIdentity, addTLSSecrets, addSecrets, setPolicies, beginRotations,
		// what this unit needs
		takeIdentity, askForCertificate, takeCertificate, dropCertificate,
		keepSecrets, installJava, unpackKafka, installJMX, installPlugins, removePlugins, askForKafka, passExactlyOnce,
		// its services, and the worker in its turn
		runServices, awaitGateway, configureGateway, openPorts, noteRequests, giveTurn, restartWorker, awaitWorker, setLevels,
		// what clients get
		noteKafka, publishCAs, setScheme, openAccounts, writeAccounts, goOnWithRotations, publish, noteFailing,
		// what others are told
		noteSecrets, acknowledgeSecrets, tellWatchers, forwardLogs, report,
	)
}

// once lets a step that may fail, or may change nothing, be tried one time in a hook.
func (w *World) once(key string, step Step) Step { return reconcile.Once(&w.tried, key, step) }

// mayHaveChanged says whether this is a hook in which what failed before is worth another try: time has passed, or the
// operator has acted.
func (w *World) mayHaveChanged() bool {
	switch w.Event.Kind {
	case hook.UpdateStatus, hook.ConfigChanged, hook.UpgradeCharm, hook.Start:
		return true
	}
	return false
}

func sortedKeys[K ~string | ~int, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
