package accounts

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"connectcharms/requirer-lib/secret"
)

// Lengths of a password that HashPassword takes. What GeneratePassword makes has 32 characters of 6 random bits.
const (
	MinPasswordLength = 32
	MaxPasswordLength = 256
)

const (
	scheme     = "sha256"
	saltSize   = 16 // bytes
	randomSize = 24 // bytes: 192 bits, which base64 turns into exactly 32 characters
)

// Hash is a salted hash of a password and says how it was made: "sha256:<salt, hex>:<SHA-256 of salt and password, hex>".
type Hash string

// GeneratePassword makes a password of 192 random bits: 32 characters of A-Z a-z 0-9 - _.
func GeneratePassword() secret.Value {
	random := make([]byte, randomSize)
	_, _ = rand.Read(random) // it never fails: it ends the program instead (Go 1.24)
	return secret.New(base64.RawURLEncoding.EncodeToString(random))
}

// HashPassword hashes a generated password with a new salt.
//
// One round of SHA-256 is enough for these passwords and only for these: with 128 bits or more of randomness there is
// nothing to try out, however fast the hash, and a fast hash keeps the check of every request cheap. A password that a
// person chose can be guessed, and needs a slow scheme (argon2id) that this package does not have. Length is the only
// part of that a program can see, so everything shorter than MinPasswordLength is refused: use GeneratePassword.
func HashPassword(password secret.Value) (Hash, error) {
	length := len(password.Reveal())
	if length < MinPasswordLength || length > MaxPasswordLength {
		return "", fmt.Errorf("cannot hash a password of %d characters: it takes %d to %d random ones, as GeneratePassword makes them",
			length, MinPasswordLength, MaxPasswordLength)
	}
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt)
	sum := digest(salt, password)
	return Hash(scheme + ":" + hex.EncodeToString(salt) + ":" + hex.EncodeToString(sum[:])), nil
}

// Verify says whether the password is the hashed one. The time it takes does not depend on how much of it is right.
// A hash that is not valid, the empty one above all, fits no password.
func (h Hash) Verify(password secret.Value) bool {
	salt, want, err := h.parse()
	if err != nil || len(password.Reveal()) > MaxPasswordLength {
		return false
	}
	got := digest(salt, password)
	return subtle.ConstantTimeCompare(got[:], want) == 1
}

// Validate says whether the hash is one that HashPassword could have made.
func (h Hash) Validate() error {
	_, _, err := h.parse()
	return err
}

var errHash = errors.New("its password hash is not of the form sha256:<32 hex digits>:<64 hex digits>")

func (h Hash) parse() (salt, sum []byte, err error) {
	name, rest, _ := strings.Cut(string(h), ":")
	saltText, sumText, _ := strings.Cut(rest, ":")
	if name != scheme || len(saltText) != 2*saltSize || len(sumText) != 2*sha256.Size {
		return nil, nil, errHash
	}
	if strings.ToLower(rest) != rest { // one hash, one spelling: the revision of a set is made of it
		return nil, nil, errHash
	}
	if salt, err = hex.DecodeString(saltText); err != nil {
		return nil, nil, errHash
	}
	if sum, err = hex.DecodeString(sumText); err != nil {
		return nil, nil, errHash
	}
	return salt, sum, nil
}

func digest(salt []byte, password secret.Value) [sha256.Size]byte {
	input := make([]byte, 0, saltSize+MaxPasswordLength)
	input = append(append(input, salt...), password.Reveal()...)
	return sha256.Sum256(input)
}
