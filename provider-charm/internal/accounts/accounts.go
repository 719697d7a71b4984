// Package accounts holds who may use Kafka Connect through the gateways of this application: user names, hashes of
// passwords and what each account is for. It makes and checks passwords and moves the set of accounts through a
// databag or a file. It does not decide what an account may do: that is the gateway's.
package accounts

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"

	"connectcharms/requirer-lib/secret"
)

// Limits of one encoded Set. They bound what a gateway reads into memory; both leave room for a relation per account
// far beyond what one Kafka Connect group serves.
const (
	MaxAccounts    = 4096
	MaxEncodedSize = 1 << 20 // bytes
)

// Account is one user of Kafka Connect. It never carries the password.
type Account struct {
	Username string `json:"username"`
	Hash     Hash   `json:"hash"`
	// Previous is the hash of the password before, which is accepted too while a rotation lasts; else it is empty.
	Previous Hash `json:"previous,omitempty"`
	// Relation is the id of the connect_client relation the account belongs to, above 0. (Juju counts relations from
	// 0 over the whole model, and the application's own peer relation is always made before its first client.)
	Relation int `json:"relation,omitempty"`
	// Operator marks an account of the operator's own. Such an account belongs to no relation.
	Operator bool `json:"operator,omitempty"`
}

// A colon would end the user name in Basic authentication (RFC 7617); the rest keeps names safe to log.
var plainUsername = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// Validate says what is wrong with the account, if anything is.
func (a Account) Validate() error {
	if !plainUsername.MatchString(a.Username) {
		return fmt.Errorf("user name %q: use 1 to 64 of A-Z a-z 0-9 . _ - and begin with a letter or digit", a.Username)
	}
	if err := a.Hash.Validate(); err != nil {
		return fmt.Errorf("account %q: %w", a.Username, err)
	}
	if err := a.validatePrevious(); err != nil {
		return fmt.Errorf("account %q: previous password: %w", a.Username, err)
	}
	if a.Operator && a.Relation != 0 {
		return fmt.Errorf("account %q is the operator's and also of relation %d: it can only be one of them", a.Username, a.Relation)
	}
	if !a.Operator && a.Relation <= 0 {
		return fmt.Errorf("account %q belongs neither to a relation (an id above 0) nor to the operator", a.Username)
	}
	return nil
}

// validatePrevious also refuses the current hash: it would be a rotation that changed nothing.
func (a Account) validatePrevious() error {
	if a.Previous == "" {
		return nil
	}
	if a.Previous == a.Hash {
		return errors.New("it is the current one")
	}
	return a.Previous.Validate()
}

// Verify says whether the password is the account's or, while a rotation lasts, the one before.
func (a Account) Verify(password secret.Value) bool {
	current := a.Hash.Verify(password)
	previous := a.Previous != "" && a.Previous.Verify(password) // checked in any case: the time tells not which one it was
	return current || previous
}

// Set is all accounts of the application. The empty set is valid and lets nobody in. One relation may have several
// accounts, which is how an old and a new user name overlap during a rotation.
type Set []Account

// Validate refuses a set with an account that is not valid, with one user name twice or with too many accounts.
func (s Set) Validate() error {
	if len(s) > MaxAccounts {
		return fmt.Errorf("%d accounts: the most is %d", len(s), MaxAccounts)
	}
	seen := make(map[string]bool, len(s))
	for _, account := range s {
		if err := account.Validate(); err != nil {
			return err
		}
		if seen[account.Username] {
			return fmt.Errorf("account %q is there twice", account.Username)
		}
		seen[account.Username] = true
	}
	return nil
}

// Names gives the user names in order.
func (s Set) Names() []string {
	names := make([]string, 0, len(s))
	for _, account := range s {
		names = append(names, account.Username)
	}
	slices.Sort(names)
	return names
}

// Encode writes the set as a JSON array, the accounts in the order of their names, so equal sets are equal bytes.
func (s Set) Encode() ([]byte, error) {
	if err := s.Validate(); err != nil {
		return nil, fmt.Errorf("cannot encode accounts: %w", err)
	}
	encoded := s.canonical()
	if len(encoded) > MaxEncodedSize {
		return nil, fmt.Errorf("cannot encode accounts: %d bytes, the most is %d", len(encoded), MaxEncodedSize)
	}
	return encoded, nil
}

// Revision names the content of the set: lower-case hex SHA-256 of its encoding. Units compare it to say that their
// gateway accepts exactly these accounts; the order of accounts makes no difference.
func (s Set) Revision() string {
	sum := sha256.Sum256(s.canonical())
	return hex.EncodeToString(sum[:])
}

func (s Set) canonical() []byte {
	sorted := append(Set{}, s...)
	slices.SortFunc(sorted, func(a, b Account) int { return cmp.Compare(a.Username, b.Username) })
	return sorted.marshal()
}

func (s Set) marshal() []byte {
	encoded, err := json.Marshal([]Account(s))
	if err != nil {
		panic(err) // strings, an int and a bool: there is nothing to fail
	}
	return encoded
}

// ErrEmpty says that there was no document at all, where the empty set would be [].
var ErrEmpty = errors.New("accounts are empty: not even an empty list")

// Decode reads what Encode wrote and refuses everything else: unknown, repeated or differently cased keys, one user
// name twice, accounts that are not valid, data after the end, more than MaxEncodedSize bytes. Accounts may stand in
// any order and white space makes no difference; keys stand in the order of Encode.
func Decode(data []byte) (Set, error) {
	if len(data) > MaxEncodedSize {
		return nil, fmt.Errorf("accounts take more than %d bytes", MaxEncodedSize)
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, ErrEmpty
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	var set Set
	if err := decoder.Decode(&set); err != nil {
		return nil, fmt.Errorf("accounts are not the JSON array that was expected: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("accounts are followed by other data")
	}
	if err := set.Validate(); err != nil {
		return nil, err
	}
	// encoding/json lets a repeated key win silently and takes "HASH" for "hash": two readers could then see two
	// different sets. Writing the set again shows any such thing.
	var compact bytes.Buffer
	if err := json.Compact(&compact, data); err != nil || set == nil || !bytes.Equal(compact.Bytes(), set.marshal()) {
		return nil, errors.New("accounts are not written as Set.Encode writes them (a key twice, in another case or order, or null)")
	}
	return set, nil
}
