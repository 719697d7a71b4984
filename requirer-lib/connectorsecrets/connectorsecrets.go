// Package connectorsecrets is the content of the Juju secret in which a requirer of connect_client hands values of its
// connectors to the provider, which brings them to every worker as files. A configuration then names a value by a reference
// (schemas.SecretsPlace), and Kafka Connect reads it where it runs.
//
// It is about the content alone. Package connectclient keeps such a secret, and reads which version the provider's units have.
package connectorsecrets

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"unicode/utf8"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/secret"
)

// Most that a content may have. Juju's own limit is 1 MB of base64 for the secret as a whole.
const (
	MaxFiles = 1024
	MaxName  = 200       // characters of a file's name: a file system takes 255, with what a file that is written has besides
	MaxValue = 64 << 10  // bytes
	MaxTotal = 512 << 10 // bytes of all values
)

// maxVersion is the largest whole number that JSON carries to every reader unharmed.
const maxVersion = 1<<53 - 1

// Keys of the secret.
const (
	keyFiles    = "files"
	keyVersion  = "version"
	keyRelation = "relation"
)

// Content is all values of one relation's connectors, at one time.
type Content struct {
	// Version is the requirer's own number for this content; each other content has a higher one. The provider's units say
	// which they have. 0 is for a secret that was made ahead, and has no files.
	Version int64
	// Files are the values, by the names of the files that they are in. A value that changes gets another file, so that a
	// configuration which names the old one is never given half of a change.
	Files map[string]secret.Value
}

// Equal says whether two contents are the same, version and all.
func (c Content) Equal(other Content) bool {
	return c.Version == other.Version && maps.Equal(c.Files, other.Files)
}

var legalName = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]*$`)

// CheckName says why a file cannot have a name.
func CheckName(name string) error {
	if len(name) > MaxName || !legalName.MatchString(name) {
		return fmt.Errorf("file name %.60q: use 1 to %d of A-Z a-z 0-9 . _ -, the first none of the dots", name, MaxName)
	}
	return nil
}

// Check says what in the content is beyond the limits. It repeats no value.
func (c Content) Check() error {
	if c.Version < 0 || c.Version > maxVersion {
		return fmt.Errorf("version %d: it is a whole number from 0 to %d", c.Version, maxVersion)
	}
	if len(c.Files) > MaxFiles {
		return fmt.Errorf("%d files: %d are the most", len(c.Files), MaxFiles)
	}
	total := 0
	for _, name := range slices.Sorted(maps.Keys(c.Files)) {
		if err := CheckName(name); err != nil {
			return err
		}
		value := c.Files[name].Reveal()
		total += len(value)
		switch {
		case len(value) > MaxValue:
			return fmt.Errorf("file %s has %d bytes: %d are the most", name, len(value), MaxValue)
		case !utf8.ValidString(value):
			return fmt.Errorf("file %s is no text in UTF-8", name)
		case total > MaxTotal:
			return fmt.Errorf("the files have more than %d bytes in all", MaxTotal)
		}
	}
	return nil
}

// Encode writes the content as the Juju secret of a relation has it.
func (c Content) Encode(relation hook.RelationID) (hook.SecretContent, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	plain := make(map[string]string, len(c.Files))
	for name, value := range c.Files {
		plain[name] = value.Reveal()
	}
	files, err := json.Marshal(plain)
	if err != nil {
		return nil, errors.New("the files cannot be encoded")
	}
	return hook.SecretContent{
		keyVersion: secret.New(strconv.FormatInt(c.Version, 10)), keyFiles: secret.New(string(files)), keyRelation: secret.New(relation.String()),
	}, nil
}

// Decode reads a Juju secret that the requirer of a relation names. Keys that it does not know are left to others. The error repeats
// no value.
//
// Whoever reads it may read those of other relations, too, and whoever names it may not: one that says that it is another's is refused.
func Decode(content hook.SecretContent, relation hook.RelationID) (Content, error) {
	if of := content[keyRelation]; !of.IsZero() && of.Reveal() != relation.String() {
		return Content{}, errors.New("the secret is another relation's")
	}
	version, err := strconv.ParseInt(content[keyVersion].Reveal(), 10, 64)
	if err != nil {
		return Content{}, errors.New("version is no whole number")
	}
	var plain map[string]string
	if err := json.Unmarshal([]byte(content[keyFiles].Reveal()), &plain); err != nil || plain == nil {
		return Content{}, errors.New("files is not the text of a JSON object of texts")
	}
	decoded := Content{Version: version, Files: make(map[string]secret.Value, len(plain))}
	for name, value := range plain {
		decoded.Files[name] = secret.New(value)
	}
	if err := decoded.Check(); err != nil {
		return Content{}, err
	}
	return decoded, nil
}
