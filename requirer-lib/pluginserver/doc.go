// Package pluginserver serves one tarball over HTTP from a unit, for the workers of a Kafka Connect provider to download.
//
// The charm's own binary is the server, as a process of its own that goes on between hooks: each hook calls [Ensure],
// which starts it, or starts it anew where its settings have changed or it has died; the process calls [Serve]. The URL
// stays the same whatever the file: see [URL]. There is no TLS and no password: what is served is a plugin, and its
// digest ([Digest]) goes to the provider by the relation.
package pluginserver
