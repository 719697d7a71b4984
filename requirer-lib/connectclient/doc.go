// Package connectclient is the requirer's end of connect_client relations, in contract v0 or v1: it asks the provider for a
// plugin and for credentials, says whether they are there yet and if not why, and gives a REST client that is ready to use.
// It keeps no state between hooks: each hook makes a new [Client], in whatever hook and on whatever unit, asks for the same
// and looks again. There is nothing to subscribe to, not secret-changed either: secrets are read in their latest revision.
//
// Package connectors makes the connectors what the charm wants them to be. Who makes them otherwise names them by
// [Connection.ConnectorName], so that the provider can tell whose they are and deletes them when the relation ends.
//
// A tutorial is docs/write-an-integrator.md; its charm is requirer-lib/examples/lines.
package connectclient
