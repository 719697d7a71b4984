// Package kafkaclient is the requirer's end of a kafka_client relation: what a charm asks a Kafka charm for, and what it
// reads from the answer. It decides nothing and writes nothing by itself.
//
// There are two forms of request. The older, v0, is plain keys; the newer, v1, is a list of requests in JSON. A provider
// of v0 never sees a v1 request, while providers of v1 serve v0 requests too: so v0 is what is asked in where nobody says
// otherwise, and it goes on unchanged when the provider's charm is refreshed from one to the other.
package kafkaclient

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"connectcharms/requirer-lib/hook"
	"connectcharms/schemas"
)

// Version is the form of a request.
type Version string

// The forms there are.
const (
	V0 Version = "v0"
	V1 Version = "v1"
)

// topic is what is asked for besides the role. Providers want one, and v1's fail when it changes later; the role of admin
// reaches all others.
const topic = "__kafka-connect"

// roles let workers make the group's topics, and connectors theirs.
const roles = "admin"

// Keys of the databags.
const (
	keyTopic            = "topic"
	keyRoles            = "extra-user-roles"
	keyRequestedSecrets = "requested-secrets"
	keyVersion          = "version"
	keyRequests         = "requests"
	keyRequestID        = "request-id"
	keyEndpoints        = "endpoints"
	keySecretUser       = "secret-user"
	keySecretTLS        = "secret-tls"
	keyUsername         = "username"
	keyPassword         = "password"
	keyTLS              = "tls"
	keyCA               = "tls-ca"
	keyStatus           = "status"
)

// Request is what one application asks for in one relation. It is the same whichever leader makes it.
type Request struct {
	Version Version
	Asker   string // tells this relation's request from all others
}

// Databag is the request as it is written. Empty values take back the other form.
func (r Request) Databag() hook.Databag {
	bag := hook.Databag{keyTopic: "", keyRoles: "", keyRequestedSecrets: "", keyVersion: "", keyRequests: ""}
	if r.Version == V1 {
		bag[keyVersion] = string(V1)
		bag[keyRequests] = text([]map[string]string{{
			"resource": topic, "salt": r.salt(), keyRequestID: r.ID(), keyRoles: roles,
		}})
		return bag
	}
	bag[keyTopic], bag[keyRoles] = topic, roles
	bag[keyRequestedSecrets] = text([]string{keyUsername, keyPassword, keyTLS, keyCA})
	return bag
}

// ID is how a v1 provider names the request in its answer.
func (r Request) ID() string { return schemas.RequestID(topic, r.salt()) }

// salt is as long as v1's are.
func (r Request) salt() string {
	sum := sha256.Sum256([]byte(r.Asker))
	return hex.EncodeToString(sum[:])[:16]
}

// text is plain texts as JSON, which they always have.
func text(value any) string {
	document, _ := json.Marshal(value)
	return string(document)
}
