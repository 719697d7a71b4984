// Package connectclient is the requirer's end of a connect_client relation (contract v0): it asks the provider for a
// plugin and for credentials, says whether they are there yet and if not why, and gives a REST client that is ready to
// use. It keeps no state between hooks: each hook makes a new [Client], in whatever hook, and looks again.
//
// What connectors there are to be is the charm's own matter. The name of each should be made by
// [Connection.ConnectorName], so that the provider can tell whose it is and delete it when the relation ends.
//
// The example of [Client] is a whole charm.
package connectclient
