// Package metrics tells Prometheus how a unit's worker, its connectors and its charm are. Its collectors live in the
// gateway's process, which has the listener.
//
// What the worker knows is asked from it at the time of a scrape: one request, which costs the same for one relation and
// for many. What only the charm knows (whose relation 7 is, whose turn it is to restart) comes from a file that the charm
// writes at the end of a hook: see [Unit].
//
// Sums over the units are right: each connector and each task is counted by the unit whose worker runs it. How many
// series there are depends on how many relations there are, not on how many connectors.
package metrics
