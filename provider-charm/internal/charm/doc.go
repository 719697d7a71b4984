// Package charm is the kafka-connect charm: what a unit does in a hook.
//
// Every hook, whatever its name, does the same: [observe] reads the world into a plain [World]; [next], a pure function,
// names the one step that is due; the step is applied, which changes the world; and so on until no step is due. Nothing
// waits for one certain hook: what could not be done is done in the next hook that comes, at the latest update-status.
//
// Each subject has a file, with what it observes, its rules, its steps and its part of the status: clients.go and
// publish.go (relations), accounts.go, plugins.go, secrets.go (of connectors), services.go, rollout.go (restarts), runtime.go,
// kafka.go and kafkastate.go, peers.go (what units tell each other). What all of them share is in world.go; the order of the
// rules is in decide.go, that of what the status says in status.go.
//
//	requirer's plugin-url ──► every unit:  InstallPlugin ──► RestartWorker (in turn) ──► AwaitWorker
//	                                             │                                            │
//	                                      its report (peer databag): installed …         … and loaded
//	                                                                                          ▼
//	every unit:  WriteAccounts ◄── application's peer databag ◄── leader: OpenAccount, once every unit has loaded it
//	     │
//	     └─► its report: accepted ──► leader: Publish (grant, endpoints, secret-user), once every gateway accepts it
package charm
