package notify

import (
	"connectcharms/integrator-charm/internal/seal"
	"connectcharms/requirer-lib/secret"
)

// Key seals addresses for the store: a copy of the store alone, as one sends with a question, tells none.
type Key struct{ seal.Key }

// OpenKey reads the key's file, and makes it where there is none.
func OpenKey(path string) (Key, error) {
	key, err := seal.Open(path, "what waits is given up")
	return Key{key}, err
}

// markSize is in bytes.
const markSize = 4

// mark tells addresses of one host apart, and does not tell them.
func (k Key) mark(address secret.Value) string { return k.Mark(address.Reveal(), markSize) }
