package connectprovider

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"connectcharms/requirer-lib/hook"
)

// Key names one request in this model: the one of a relation in contract v0, one of several in v1.
type Key struct {
	Relation hook.RelationID
	Request  string // the request-id of v1; empty in v0
}

// String is "7" in v0, "7/0123456789abcdef" in v1.
func (k Key) String() string {
	if k.Request == "" {
		return k.Relation.String()
	}
	return k.Relation.String() + "/" + k.Request
}

// Compare orders keys by relation, then by request.
func (k Key) Compare(other Key) int {
	return cmp.Or(cmp.Compare(k.Relation, other.Relation), cmp.Compare(k.Request, other.Request))
}

// Username is the name of the request's account, "relation-7" or "relation-7-0123456789abcdef": requirers of another model
// read in it by which number the provider knows the relation.
func (k Key) Username() string { return "relation-" + strings.ReplaceAll(k.String(), "/", "-") }

// Label is the application's own name for the request's secret, "connect-client.7.user.secret" or
// "connect-client.7.0123456789abcdef.user.secret".
func (k Key) Label(endpoint string) string {
	return endpoint + "." + strings.ReplaceAll(k.String(), "/", ".") + labelEnd
}

const labelEnd = ".user.secret"

// MarshalText makes keys of JSON objects.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what String writes.
func (k *Key) UnmarshalText(text []byte) error {
	relation, request, _ := strings.Cut(string(text), "/")
	id, err := strconv.ParseUint(relation, 10, strconv.IntSize-1)
	if err != nil {
		return fmt.Errorf("%q names no request: want 7 or 7/0123456789abcdef", text)
	}
	*k = Key{Relation: hook.RelationID(id), Request: request}
	return nil
}
