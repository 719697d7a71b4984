package charm

import (
	"os"
	"path/filepath"

	"connectcharms/requirer-lib/hook"
)

// layout is where a unit's files lie.
type layout struct {
	data string
}

func layoutOf(event hook.Event) layout {
	return layout{data: event.DataDir()}
}

func (l layout) leavingFile() string { return filepath.Join(l.data, "leaving") }

func (l layout) make() error   { return os.MkdirAll(l.data, 0o755) }
func (l layout) remove() error { return os.RemoveAll(l.data) }
