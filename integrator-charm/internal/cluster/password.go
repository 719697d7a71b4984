package cluster

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"

	"connectcharms/integrator-charm/internal/settings"
	"connectcharms/requirer-lib/secret"
)

// maxSecret is the most of a file with a secret that is read, in bytes.
const maxSecret = 1 << 20

var errNoPassword = errors.New("no password: name its file as password-file, or in CONNECT_PASSWORD_FILE")

func password(context settings.Context, options Options) (secret.Value, error) {
	switch {
	case context.Username == "":
		return secret.Value{}, nil
	case context.PasswordFile != "":
		return ReadSecret(context.PasswordFile, options.Log)
	case options.Password == nil:
		return secret.Value{}, errNoPassword
	}
	return options.Password()
}

// ReadSecret reads a file that has a secret alone in it: a password, a token. A newline at its end does not count. The
// log, where there is one, is warned of a file that everybody can read.
func ReadSecret(path string, log *slog.Logger) (secret.Value, error) {
	file, err := os.Open(path)
	if err != nil {
		return secret.Value{}, fmt.Errorf("read the secret: %w", err)
	}
	defer func() { _ = file.Close() }()
	if found, err := file.Stat(); err == nil && log != nil && isForAll(found.Mode()) {
		log.Warn("everybody on this machine can read the secret: chmod 600", "file", path)
	}
	return readSecret(file, path)
}

func isForAll(mode fs.FileMode) bool { return mode.IsRegular() && mode.Perm()&0o004 != 0 }

func readSecret(file io.Reader, path string) (secret.Value, error) {
	text, err := io.ReadAll(io.LimitReader(file, maxSecret+1))
	if err != nil {
		return secret.Value{}, fmt.Errorf("read the secret: %w", err)
	}
	if len(text) > maxSecret {
		return secret.Value{}, fmt.Errorf("read the secret %s: it has more than %d bytes", path, maxSecret)
	}
	line := strings.TrimSuffix(string(text), "\n")
	return secret.New(strings.TrimSuffix(line, "\r")), nil
}
