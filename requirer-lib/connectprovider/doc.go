// Package connectprovider is the provider's end of connect_client relations, in contract v0 and v1 at once: it reads what
// every requirer asks for, and publishes the answers in the requirer's version, whatever that is today. What it takes to
// serve a request, a plugin and an account, is the charm's own matter. Like package connectclient it keeps no state between
// hooks.
//
// A requirer of v0 has one request, which may be incomplete still; one of v1 any number, each with an ID. [Key] names a
// request in the model, [Key.Username] its account and [Key.Label] its secret. Connectors are marked with the relation alone:
// those of a relation's requests are one lot.
//
// In one hook, [Provider.Publish] grants the secrets and writes what differs, and takes back what is not so any more: answers
// to requests that are gone, keys of the other version when a requirer was refreshed to it. Only a leader can.
//
// Juju 4.1-beta2 drops a grant that is made in the hook which makes the secret. So make the secret of a request when you see
// it, and answer in a later hook: [Provider.Account] says which it is. For a requirer that has written nothing yet, a request
// of v0 stands: what is made for it in relation-created is there in time. Requirers of v1 on the peers' library run a hook
// when their request has an answer without a secret, and that gives the provider its later hook.
//
// The words for tls in secret-tls differ, see [TLSWord]: relations of different versions cannot share that secret.
//
// The example of [Provider] is a whole provider.
package connectprovider
