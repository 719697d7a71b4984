// Package connectors makes the connectors on a cluster those that a charm wants, in any hook, and reports how each one
// and each of its tasks is. It keeps nothing between hooks: each call looks at what there is, in one request, changes
// what differs, waits a little for it to show, and reports. What a call could not do, for want of time or of a cluster
// that answers, the call of the next hook does.
//
//	look ──► Plan ──► apply, each connector alone ──► look again, until all is as wanted or has failed ──► Report
//	 ▲                                                        │
//	 └────────── what only shows now, each action once ───────┘
//
// What connectors there are to be, and what a connector does with its configuration, is its caller's matter.
//
// [Reconcile] is for charms, one call for each relation. [Owned] is the same for whoever has a client of a cluster, and
// its connectors told from others' by their names ([Names], [Suffix]) or by a [Mark] in their configuration; it knows
// nothing of Juju. A [Plan] can be looked at, saved, approved, and applied exactly ([Owned.Apply]). The example is a whole
// charm.
package connectors
