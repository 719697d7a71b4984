package charm

import (
	"errors"
	"os"
	"path/filepath"

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

// name tells the unit from others on its machine.
func (l layout) name() string { return filepath.Base(l.data) }

func (l layout) kafkaDir() string     { return filepath.Join(l.data, "kafka") }
func (l layout) pluginsDir() string   { return filepath.Join(l.data, "plugins") }
func (l layout) workerDir() string    { return filepath.Join(l.data, "worker") }
func (l layout) gatewayDir() string   { return filepath.Join(l.data, "gateway") }
func (l layout) accountsFile() string { return filepath.Join(l.gatewayDir(), "accounts.json") }
func (l layout) gatewayFile() string  { return filepath.Join(l.gatewayDir(), "gateway.json") }
func (l layout) controlFile() string  { return filepath.Join(l.gatewayDir(), "control.socket") }
func (l layout) pebbleDir() string    { return filepath.Join(l.data, "pebble") }
func (l layout) servicesFile() string { return filepath.Join(l.data, "services") }
func (l layout) leavingFile() string  { return filepath.Join(l.data, "leaving") }

// program is this charm's own binary, which is the gateway as well.
func (l layout) program() string { return filepath.Join(l.charm, "bin", "kafka-connect") }
func (l layout) pebble() string  { return filepath.Join(l.charm, "bin", "pebble") }

// make makes the directories. Only plugins and Kafka are for all to read. Those of the services belong to their group, 0
// where they run as the charm does: files in them get that group too.
func (l layout) make(group int) error {
	for _, dir := range []struct {
		path string
		mode os.FileMode
	}{
		{l.data, 0o755},
		{l.pebbleDir(), 0o700},
		{l.workerDir(), 0o770},
		{l.gatewayDir(), 0o770},
	} {
		if err := os.MkdirAll(dir.path, dir.mode); err != nil {
			return err
		}
		if group == 0 || dir.mode != 0o770 {
			continue
		}
		if err := errors.Join(os.Chown(dir.path, -1, group), os.Chmod(dir.path, dir.mode|os.ModeSetgid)); err != nil {
			return err
		}
	}
	return nil
}

func (l layout) remove() error { return os.RemoveAll(l.data) }
