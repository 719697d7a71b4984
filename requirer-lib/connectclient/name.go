package connectclient

import (
	"strings"

	"connectcharms/schemas"
)

// ConnectorName is the name that the charm's connector of this short name has in Kafka Connect:
//
//	<name>_r<relation id>_<model UUID without dashes>
//
// Two relations, of one application or several, so never meet in one name, and providers know by it whose the connector
// is: they delete it when the relation ends. The id is the provider's: across models the two sides count differently,
// and the username that the provider gave, "relation-<id>" or "relation-<id>-<request id>", says how it counts. So ask when the connection is ready.
func (c *Connection) ConnectorName(name string) string { return name + c.mark() }

// Owns says whether a connector is one of this relation's, by its name.
func (c *Connection) Owns(connector string) bool {
	_, owned := c.ShortName(connector)
	return owned
}

// ShortName is the name that ConnectorName was given; false for a connector that is not of this relation.
func (c *Connection) ShortName(connector string) (name string, owned bool) {
	name, owned = strings.CutSuffix(connector, c.mark())
	return name, owned && name != ""
}

func (c *Connection) mark() string {
	id := c.relation.String()
	if rest, is := strings.CutPrefix(c.username, "relation-"); is {
		if number, _, _ := strings.Cut(rest, "-"); isNumber(number) {
			id = number
		}
	}
	return schemas.ConnectorName("", id, c.hook.ModelUUID)
}

func isNumber(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == "" && (text[0] != '0' || text == "0")
}
