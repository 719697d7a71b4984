package charm

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"

	"connectcharms/requirer-lib/hook"
)

// layout is where a unit's files lie.
type layout struct {
	charm string // the unpacked charm
	data  string
}

func layoutOf(event hook.Event) layout {
	return layout{charm: event.CharmDir, data: event.DataDir()}
}

func (l layout) program() string     { return filepath.Join(l.charm, "bin", "connect-manager") }
func (l layout) pebble() string      { return filepath.Join(l.charm, "bin", "pebble") }
func (l layout) leavingFile() string { return filepath.Join(l.data, "leaving") }
func (l layout) pebbleDir() string   { return filepath.Join(l.data, "pebble") }

// managerDir has all that the manager is given, and what it keeps: for it and the charm alone.
func (l layout) managerDir() string { return filepath.Join(l.data, "manager") }

func (l layout) managerFile(name string) string { return filepath.Join(l.managerDir(), name) }
func (l layout) socket() string                 { return l.managerFile("socket") }
func (l layout) noteFile() string               { return filepath.Join(l.data, "manager-note.json") }

// takenFile says which overlays that Juju keeps the manager has.
func (l layout) takenFile() string { return filepath.Join(l.data, "overlays-taken.json") }

func (l layout) portsFile() string { return filepath.Join(l.data, "manager-ports.json") }

// The names of the manager's files, in managerDir.
const (
	settingsFile    = "config.yaml"
	stateFile       = "state.yaml"
	certificateFile = "tls/certificate.pem"
	keyFile         = "tls/private-key.pem"
	webhookFile     = "webhook-secret"
	controlPassword = "control/password"
	controlCA       = "control/ca.pem"
	secretsDir      = "secrets"
	credentialsDir  = "credentials"
	clustersDir     = "clusters"
	storeDir        = "store" // the manager's own
)

// fileName is what may be a file's name in those directories.
var fileName = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]*$`)

func (l layout) make() error {
	return errors.Join(
		os.MkdirAll(l.data, 0o755),
		os.MkdirAll(l.pebbleDir(), 0o700),
		os.MkdirAll(l.managerFile(storeDir), 0o700),
		os.Chmod(l.managerDir(), 0o700),
	)
}

func (l layout) remove() error { return os.RemoveAll(l.data) }
