package schemas

import (
	"crypto/sha256"
	"encoding/hex"
)

// Version is a version of the connect_client contract. In V0 a databag holds one request or one answer, in keys of its own;
// in V1 a list of them.
type Version string

// The versions there are. A databag that names none is of V0.
const (
	V0 Version = "v0"
	V1 Version = "v1"
)

const (
	keyVersion   = "version"
	keyRequests  = "requests" // v1: the requests of one side, the answers of the other
	keyRequestID = "request-id"
	keySalt      = "salt"
	keyResource  = "resource" // v1's name for plugin-url
)

// RequestID is the name of a v1 request, in connect_client as in kafka_client: the first 16 hexadecimal digits of SHA-256 of "resource:salt".
func RequestID(resource, salt string) string {
	sum := sha256.Sum256([]byte(resource + ":" + salt))
	return hex.EncodeToString(sum[:])[:16]
}

// versionOf is the version that a databag names. One that names none is of V0, unless it has a list, which is V1's form.
func versionOf(databag map[string]string) Version {
	switch {
	case databag[keyVersion] != "":
		return Version(databag[keyVersion])
	case databag[keyRequests] != "":
		return V1
	}
	return V0
}
