package connectors

import "strings"

// Names is the rule by which connectors have an owner. A *connectclient.Connection is one, and a Suffix.
type Names interface {
	// ConnectorName is the name in Kafka Connect of what the owner calls name.
	ConnectorName(name string) string
	// ShortName undoes ConnectorName; false for a connector of another owner.
	ShortName(connector string) (name string, owned bool)
}

// Suffix is the rule that an owner's connectors end in a text that nobody else's do, such as _r7_ and a model's UUID.
type Suffix string

// ConnectorName is the name with the suffix.
func (s Suffix) ConnectorName(name string) string { return name + string(s) }

// ShortName is the connector's without the suffix.
func (s Suffix) ShortName(connector string) (name string, owned bool) {
	name, owned = strings.CutSuffix(connector, string(s))
	return name, owned && name != "" && s != ""
}

// Mark is the rule that an owner's connectors bear its name in their configuration, under the key connect.manager. They
// can have any name: what is there and bears no mark, or another's, is not touched unless it is adopted.
type Mark string
