// Package charm is the connect-integrator charm: what a unit does in a hook.
//
// Every hook, whatever its name, does the same: [observe] reads the world into a plain [World]; [next], a pure function,
// names the one step that is due; the step is applied, which changes the world; and so on until no step is due. Nothing
// waits for one certain hook: what could not be done is done in the next hook that comes, at the latest update-status.
//
//	every unit: RequestPlugin (serves the resource; the leader asks in the databag) ──► the provider …
//
//	… publishes endpoints and secret ──► every unit: RunManager (files, Pebble, reload) ──► connect-manager serve
//
//	leader: KeepConnectors (sync, over the manager's socket) ──► the status of every connector and task
//
// What the manager is to have is a pure function of the world (manager.go). The leader's works, the others stand by.
// Connectors of a relation that ends are the provider's to delete: a unit cannot tell that end from its own.
package charm
