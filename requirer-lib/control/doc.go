// Package control reads and writes the messages by which a connector says, in mid-run, what of its configuration is to be
// stored from now on: a credential that has changed, a token that was used up. It is the control message of the connectors'
// protocol (version 0.3.1), alone or in the envelope in which it stands in a stream of records, states and logs.
//
// It knows no Kafka Connect and no connector: who may change what, and whether a configuration is a good one, is for others to
// judge. Whatever stands in a configuration may be a secret, and nobody knows yet what is. So all values are secret.Value, and
// no error shows one.
package control

// Protocol is the version of the connectors' protocol that these messages are of.
const Protocol = "0.3.1"
