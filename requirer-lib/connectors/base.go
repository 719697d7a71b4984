package connectors

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"strings"
)

// Base tells whether something that was declared is still declared so, and does not tell what it is: a salted digest. It is
// no better kept than the value was, which stood in the same place; one of a secret costs who guesses some milliseconds a
// guess all the same.
type Base string

// The kinds of digests, and how often each is hashed.
var rounds = map[string]int{plainBase: 1, secretBase: 1 << 13}

const (
	plainBase  = "p"
	secretBase = "s"
	saltSize   = 12 // bytes
	digestSize = 18
)

// NewBase is that of a key: of its value, or of that there is none.
func NewBase(value string, is, isSecret bool) Base {
	kind := plainBase
	if isSecret && is {
		kind = secretBase
	}
	return newBase(kind, presence(value, is))
}

// NewEntryBase is that of all that is declared of a connector.
func NewEntryBase(declared Connector) Base { return newBase(secretBase, declared.Entry()) }

// Is says whether a key is declared as it was.
func (b Base) Is(value string, is bool) bool { return b.isOf(presence(value, is)) }

// IsOf says whether a connector is declared as it was.
func (b Base) IsOf(declared Connector) bool { return b.isOf(declared.Entry()) }

// presence tells a key with an empty value from none.
func presence(value string, is bool) string {
	if !is {
		return ""
	}
	return "=" + value
}

// Entry is what is declared of a connector, as one text with its secrets.
func (c Connector) Entry() string {
	text, _ := json.Marshal([]any{map[string]string(c.Config), c.state()}) // texts can always be encoded
	return string(text)
}

func newBase(kind, text string) Base {
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // it never fails
	return Base(strings.Join([]string{kind, encoded(salt), encoded(digest(kind, text, salt))}, "."))
}

func (b Base) isOf(text string) bool {
	parts := strings.Split(string(b), ".")
	if len(parts) != 3 || rounds[parts[0]] == 0 {
		return false
	}
	salt, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return false
	}
	return subtle.ConstantTimeCompare([]byte(encoded(digest(parts[0], text, salt))), []byte(parts[2])) == 1
}

func encoded(bytes []byte) string { return base64.RawURLEncoding.EncodeToString(bytes) }

func digest(kind, text string, salt []byte) []byte {
	sum, _ := pbkdf2.Key(sha256.New, text, salt, rounds[kind], digestSize) // its arguments are in order
	return sum
}
