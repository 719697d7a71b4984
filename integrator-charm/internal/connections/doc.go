// Package connections keeps connections and how they are: those that are declared in the settings, those that somebody made by the
// API, the Kafka Connect of each context, and what another charm tells of its own. What a connection is, and the rules from one
// status to the next, is package connection of requirer-lib; what asks systems is a [Prober].
//
//	settings ─┐                    due ─► lanes ─► Prober ─► Result ─► Status.After ─► who is subscribed
//	store ────┼─► entries ─► targets                                  │
//	told ─────┘   (one for each system of each connection) ◄── when it is due again
//
// A target that answers, well or not, is never kept waiting by those that do not: see lanes.go.
package connections
