package gateway

import (
	"strconv"
	"strings"

	"connectcharms/provider-charm/internal/accounts"
)

// hidden says whether a connector is out of the account's reach: when its name carries the mark of another relation.
// A connector without a mark is everybody's: integrators that exist today choose such names, and nothing says whose
// they are. The operator's account reaches all of them.
func hidden(account accounts.Account, connector string) bool {
	relation, marked := mark(connector)
	return marked && !account.Operator && relation != strconv.Itoa(account.Relation)
}

const uuidSize = 32 // hexadecimal digits of a model's UUID without its dashes

// mark finds the relation id that a connector's name ends in, as in app_r12_0123456789abcdef0123456789abcdef: what the
// expression ^.+?r([0-9]+)_[0-9a-f]{32}$ finds. The digits before the last 33 characters are the mark, so a name such
// as x_r1_r12_<uuid> is of relation 12. They are compared as text: 012 is no relation's.
func mark(name string) (relation string, marked bool) {
	end := len(name) - uuidSize - 1
	if end < 0 || name[end] != '_' || strings.Trim(name[end+1:], "0123456789abcdef") != "" {
		return "", false
	}
	head := strings.TrimRight(name[:end], "0123456789")
	relation = name[len(head):end]
	if relation == "" || len(head) < 2 || head[len(head)-1] != 'r' {
		return "", false
	}
	return relation, true
}
