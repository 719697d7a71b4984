package gateway

import (
	"strconv"

	"connectcharms/provider-charm/internal/accounts"
	"connectcharms/schemas"
)

// hidden says whether a connector is out of the account's reach: when its name carries the mark of another relation.
// A connector without a mark is everybody's: integrators that exist today choose such names, and nothing says whose
// they are. The operator's account reaches all of them.
func hidden(account accounts.Account, connector string) bool {
	relation, marked := schemas.ConnectorRelation(connector)
	return marked && !account.Operator && relation != strconv.Itoa(account.Relation)
}
