// Package pluginserver serves one tarball over HTTP from a unit, for the workers of a Kafka Connect provider to download.
// Package connectclient does it for a plugin FromFile.
//
// The charm's own program is the server ([Command]), as a process of its own that goes on between hooks: each hook calls
// [Offer], which starts it, or starts it anew where its settings have changed or it has died. The URL stays the same
// whatever the file: see [URL]. There is no TLS and no password: what is served is a plugin, and its digest goes to the
// provider by the relation.
package pluginserver
