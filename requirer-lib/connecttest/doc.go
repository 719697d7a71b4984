// Package connecttest is for tests of charms that use Kafka Connect: a [Server] that answers as a cluster does, in memory,
// and a [Provider], the charm on the other side of the relation for a jujutest model. A charm's whole life on a relation
// runs in a test of some milliseconds with them.
//
// The server keeps configurations and states; it moves no records, knows no plugin's options and has no rebalances. What it
// answers is held to real workers by the tests in tests/connecttest. Requests that it does not know get a 501.
package connecttest
