// Package connect is a typed client of the Kafka Connect REST API.
//
// It goes on to the next endpoint when one does not serve, waits out what the
// cluster says is passing (a rebalance), and verifies TLS always. It does not
// decide what connectors there should be, and it knows nothing of Juju.
//
// A worker may answer from a view that is a little old: for some milliseconds,
// in the worst case for one heartbeat (3 s), a connector just created can be
// ErrNotFound, and its status a little longer. That is left to the caller.
//
// API: https://kafka.apache.org/documentation/#connect_rest
package connect
