package charm

import (
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

func (l layout) digestFile() string  { return filepath.Join(l.data, "plugin-digest.json") }
func (l layout) leavingFile() string { return filepath.Join(l.data, "leaving") }

// program is this charm's own binary, which is the plugin server as well.
func (l layout) program() string { return filepath.Join(l.charm, "bin", "connect-integrator") }

func (l layout) make() error   { return os.MkdirAll(l.data, 0o755) }
func (l layout) remove() error { return os.RemoveAll(l.data) }
