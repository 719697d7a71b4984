package cluster

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"connectcharms/integrator-charm/internal/settings"
	"connectcharms/requirer-lib/secret"
)

// Secrets are what a state file's references stand for: environment variables, and files in one directory. Values are
// read anew each time, so that one that is changed counts from the next plan on.
type Secrets struct {
	// Dir has files DIR/NAME/KEY, or DIR/NAME for a reference without a key. Empty: there are none.
	Dir string
	// Environ looks an environment variable up.
	Environ settings.Environ
}

// SecretsOf are those of a context: its directory, and this process' environment.
func SecretsOf(context settings.Context) Secrets {
	return Secrets{Dir: context.SecretsDir, Environ: os.LookupEnv}
}

// word is what a reference may name: no path leads out of the directory.
var word = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]*$`)

// Env gives an environment variable, and whether it is set.
func (s Secrets) Env(name string) (secret.Value, bool) {
	value, is := s.Environ(name)
	return secret.New(value), is
}

// Secret gives a file's content; a newline at its end does not count. An empty key is for a secret that is one file.
func (s Secrets) Secret(name, key string) (secret.Value, error) {
	switch {
	case s.Dir == "":
		return secret.Value{}, errors.New("there is no directory of secrets: name one as secrets-dir, or in CONNECT_SECRETS_DIR")
	case !word.MatchString(name) || key != "" && !word.MatchString(key):
		return secret.Value{}, fmt.Errorf("secret %q, key %q: want letters, digits, dots, dashes and underscores", name, key)
	}
	// Symbolic links count: Kubernetes mounts a secret's keys as such. The directory is its owner's.
	path := filepath.Join(s.Dir, name, key)
	found, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return secret.Value{}, fmt.Errorf("secret %q, key %q: there is no file %s", name, key, path)
	case err == nil && found.IsDir():
		return secret.Value{}, fmt.Errorf("secret %q has several keys: the reference has to name one", name)
	case err == nil && !found.Mode().IsRegular():
		return secret.Value{}, fmt.Errorf("secret %q, key %q: %s is not a file", name, key, path)
	}
	return ReadSecret(path, nil)
}
