// Package overlay has the rules of what connectors change of their own configuration, in control messages. What one has changed
// lies over what the state file says of it, key by key:
//
//	state file   api_key: 123 ──────────── base ─┐   start_date: 01-01-2022
//	overlay      api_key: 456  emitted at 12:00 ─┴─►
//	in force     api_key: 456                        start_date: 01-01-2022
//
// A message lies over one that was emitted before it, whatever order they come in. The state file wins a key back by saying
// something else of it than when it was laid over: the value is no longer the key's base. No clocks are compared for that.
//
// The rules are pure functions. Where secret values go, Vault says; what is stored is sealed. Who asks the cluster, keeps what
// lasts and applies it is package manager.
package overlay
