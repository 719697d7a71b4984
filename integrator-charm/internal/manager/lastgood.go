package manager

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"connectcharms/integrator-charm/internal/source"
	"connectcharms/requirer-lib/atomicfile"
)

// lastGood is the state file that is in force, kept on disk: so it stays in force when the process starts again and the
// source has none, or a wrong one. It is worth nothing to another source, or another environment of it.
type lastGood struct {
	path        string
	source      string
	environment string
}

// kept is what is on disk.
type kept struct {
	Source      string          `json:"source"`
	Environment string          `json:"environment,omitempty"`
	Name        string          `json:"name"`
	Revision    source.Revision `json:"revision"`
	Data        []byte          `json:"data"`
	// Done is the revision that was carried out whole.
	Done source.Revision `json:"done,omitempty"`
}

func (k kept) document() source.Document {
	return source.Document{Name: k.Name, Revision: k.Revision, Data: k.Data}
}

const (
	lastGoodMode = 0o600 // a state file may have secrets that it should not have
	lastGoodDir  = 0o700
)

func newLastGood(data string, cluster Cluster) lastGood {
	return lastGood{
		path:   filepath.Join(data, "state", cluster.Name+".json"),
		source: cluster.Source.String(), environment: cluster.Environment,
	}
}

// read gives nothing where there is nothing, or something else.
func (l lastGood) read() (kept, error) {
	content, err := os.ReadFile(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return kept{}, nil
	}
	var found kept
	if err == nil {
		err = json.Unmarshal(content, &found)
	}
	if err != nil {
		return kept{}, fmt.Errorf("read the last good state file: %w", err)
	}
	if found.Source != l.source || found.Environment != l.environment {
		return kept{}, nil
	}
	return found, nil
}

func (l lastGood) write(what kept) error {
	what.Source, what.Environment = l.source, l.environment
	content, err := json.Marshal(what)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(l.path), lastGoodDir)
	}
	if err == nil {
		err = atomicfile.Write(l.path, content, lastGoodMode)
	}
	if err != nil {
		return fmt.Errorf("keep the last good state file: %w", err)
	}
	return nil
}
