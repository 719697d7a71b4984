package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"connectcharms/integrator-charm/internal/manager"
	"connectcharms/integrator-charm/internal/pattern"
	"connectcharms/integrator-charm/internal/settings"
)

// anyone is the role of routes that need no token.
const anyone settings.Role = ""

// charm is the role of routes that are for the socket alone: what they say, no token is good for. No token can have it.
const charm settings.Role = "socket"

// who is somebody who was let in.
type who struct {
	Name  string          `json:"name"`
	Roles []settings.Role `json:"roles"`

	scope scope
	local bool // came by the socket
}

// local is who reaches the unix socket.
var local = who{
	Name: manager.Local, Roles: []settings.Role{settings.Viewer, settings.Operator, settings.Approver}, local: true,
}

// may: each role may look, but for that of a connector, which is good for its own messages alone.
func (w who) may(role settings.Role) bool {
	switch role {
	case anyone:
		return true
	case charm:
		return w.local
	case settings.Viewer:
		return slices.ContainsFunc(w.Roles, func(has settings.Role) bool { return has != settings.Connector })
	case settings.Connector:
		return w.has(settings.Connector) || w.has(settings.Operator)
	}
	return w.has(role)
}

func (w who) has(role settings.Role) bool { return slices.Contains(w.Roles, role) }

// mayControl says whether control messages for a connector are taken from them. Whether there is such a connector plays no part.
func (w who) mayControl(cluster, connector string) bool {
	return w.has(settings.Operator) || w.has(settings.Connector) && w.scope.has(cluster, connector)
}

// scope is which connectors a token of a connector's is for.
type scope struct{ connectors, contexts []string }

func (s scope) has(cluster, connector string) bool {
	return len(s.connectors) > 0 && pattern.FitsAny(s.connectors, connector) &&
		(len(s.contexts) == 0 || slices.Contains(s.contexts, cluster))
}

type digest = [sha256.Size]byte

// keys are the tokens that are in force.
type keys []key

type key struct {
	who
	digest digest
}

func newKeys(tokens []settings.Token) (keys, error) {
	all := make(keys, len(tokens))
	for i, token := range tokens {
		sum, err := hex.DecodeString(token.SHA256)
		if err != nil || len(sum) != sha256.Size {
			return nil, fmt.Errorf("token %s: sha256 is not 64 hexadecimal digits", token.Name)
		}
		all[i] = key{
			who:    who{Name: token.Name, Roles: token.Roles, scope: scope{token.Connectors, token.Contexts}},
			digest: digest(sum),
		}
	}
	return all, nil
}

// of finds whose digest it is, in a time that does not tell how close a wrong one was.
func (k keys) of(wanted digest) (who, bool) {
	found := -1
	for i := range k {
		if subtle.ConstantTimeCompare(k[i].digest[:], wanted[:]) == 1 {
			found = i
		}
	}
	if found < 0 {
		return who{}, false
	}
	return k[found].who, true
}

const bearer = "bearer "

// tokenOf takes the token out of an Authorization header: all of it, or what follows the word Bearer.
func tokenOf(header string) string {
	if len(header) > len(bearer) && strings.EqualFold(header[:len(bearer)], bearer) {
		header = header[len(bearer):]
	}
	return strings.TrimSpace(header)
}
