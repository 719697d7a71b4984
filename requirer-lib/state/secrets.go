package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"connectcharms/requirer-lib/secret"
)

// Secrets is where references lead.
type Secrets interface {
	// Env gives a variable of the environment, if it is there.
	Env(name string) (value secret.Value, is bool)
	// Secret gives a key of a secret, or the secret that has no keys. The error says why it cannot be had, and no value;
	// fs.ErrNotExist where it is not there.
	Secret(name, key string) (secret.Value, error)
}

// Local are the environment of this process, and secrets that are files: Dir/NAME/KEY, or Dir/NAME for one without keys,
// as Kubernetes and systemd lay them out. One line end at the end of a file is not part of the secret.
//
// Variables of the manager's own are not given out, CONNECT_ and SOURCE_ with what follows: who may write a state file is
// not always who may know the manager's tokens.
type Local struct{ Dir string }

// ownVariables begin so.
var ownVariables = []string{"CONNECT_", "SOURCE_"}

// Env gives a variable of this process.
func (l Local) Env(name string) (secret.Value, bool) {
	for _, own := range ownVariables {
		if strings.HasPrefix(name, own) {
			return secret.Value{}, false
		}
	}
	value, is := os.LookupEnv(name)
	return secret.New(value), is
}

// maxSecret is how long a secret may be, in bytes: a keystore as text fits in.
const maxSecret = 1 << 20

// Secret reads a file.
func (l Local) Secret(name, key string) (secret.Value, error) {
	if !isSecretPart(name) || key != "" && !isSecretPart(key) {
		return secret.Value{}, fmt.Errorf("no secret has this name: %w", fs.ErrNotExist)
	}
	if l.Dir == "" {
		return secret.Value{}, errors.New("no directory of secrets is configured")
	}
	path := filepath.Join(l.Dir, name, key)
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return secret.Value{}, withoutPath(err)
	case !info.Mode().IsRegular():
		return secret.Value{}, errors.New("it is not a file")
	case info.Size() > maxSecret:
		return secret.Value{}, fmt.Errorf("its file is longer than %d bytes", maxSecret)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return secret.Value{}, withoutPath(err)
	}
	value, ended := strings.CutSuffix(string(content), "\r\n")
	if !ended {
		value = strings.TrimSuffix(value, "\n")
	}
	return secret.New(value), nil
}

// withoutPath leaves out where secrets are: the name of the secret is said, and that suffices.
func withoutPath(err error) error {
	if at := new(fs.PathError); errors.As(err, &at) {
		return at.Err
	}
	return err
}
