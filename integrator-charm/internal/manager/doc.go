// Package manager keeps the connectors of clusters as their state files have them: connect-manager serve, without HTTP.
//
// Each cluster has a keeper, which no other waits for:
//
//	source ──► the file in force ──► decide, hold what needs approval ──► apply ──► history, owners are told
//	 file, poll, push                        ▲                                           │
//	                     cluster ──► view ───┴──► what has failed ──► restarts, with back-off, in a goroutine of their own
//
// A file that is wrong changes nothing: the last good one stays in force, also over a restart of the process. What is to be
// done is decided by pure functions (duty.go, remedy.go); what must last is in package store.
package manager
