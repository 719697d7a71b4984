package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"connectcharms/integrator-charm/internal/manager"
	"connectcharms/integrator-charm/internal/settings"
)

// anyone is the role of routes that need no token.
const anyone settings.Role = ""

// who is somebody who was let in.
type who struct {
	Name  string          `json:"name"`
	Roles []settings.Role `json:"roles"`
}

// local is who reaches the unix socket.
var local = who{Name: manager.Local, Roles: []settings.Role{settings.Viewer, settings.Operator, settings.Approver}}

// may: each role may look.
func (w who) may(role settings.Role) bool {
	return role == anyone || role == settings.Viewer && len(w.Roles) > 0 || slices.Contains(w.Roles, role)
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
		all[i] = key{who{token.Name, token.Roles}, digest(sum)}
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
