package connection

import "strconv"

// Resource is a connection: what a person said, and what a machine found.
type Resource struct {
	Spec     Spec     `json:"spec"`
	Status   Status   `json:"status"`
	Metadata Metadata `json:"metadata"`
}

// Metadata is what is known of a connection itself.
type Metadata struct {
	// Generation grows with each change of the spec, also when a connection is deleted and made again. The status moves without it.
	Generation int64  `json:"generation"`
	Origin     Origin `json:"origin"`
}

// Origin is where a connection comes from.
type Origin string

// The origins. Only what comes from the API is changed by the API.
const (
	OfAPI      Origin = "API"      // somebody made it
	OfSettings Origin = "SETTINGS" // it is declared
	OfContext  Origin = "CONTEXT"  // the Kafka Connect of a context
	OfCharm    Origin = "CHARM"    // another charm tells how it is
)

// ETag is what If-Match compares: an update that was meant for another spec is refused.
func (m Metadata) ETag() string { return `"` + strconv.FormatInt(m.Generation, 10) + `"` }
