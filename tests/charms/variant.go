package charms

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"

	"go.yaml.in/yaml/v4"

	"connectcharms/requirer-lib/atomicfile"
)

// sharedKeys are what a variant of a charm has from that charm, for its program is the same. Each is in one file only, so
// the two cannot come apart.
var sharedKeys = []string{"description", "links", "provides", "requires", "peers", "config", "actions"}

// sharing is the project with the shared keys of the charm that it is a variant of.
func (p project) sharing(base project) (project, error) {
	document := *p.document
	document.Content = slices.Clone(p.document.Content)
	for pair := range slices.Chunk(p.document.Content, 2) {
		if slices.Contains(sharedKeys, pair[0].Value) {
			return project{}, fmt.Errorf("line %d: key %q is that of the charm it is a variant of: take it out", pair[0].Line, pair[0].Value)
		}
	}
	for pair := range slices.Chunk(base.document.Content, 2) {
		if slices.Contains(sharedKeys, pair[0].Value) {
			document.Content = append(document.Content, pair...)
		}
	}
	text, err := yaml.Marshal(&document)
	if err != nil {
		return project{}, err
	}
	return parseProject(text)
}

// writeProject writes the whole charmcraft.yaml of a variant into dir, for charmcraft.
func (c charm) writeProject(root, dir string) error {
	whole, err := c.project(root)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	fmt.Fprintf(&text, "# Made from %s/charmcraft.yaml and that of the charm that it is a variant of.\n", c.source)
	encoder := yaml.NewEncoder(&text)
	if err := encoder.Encode(whole.document); err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(dir, "charmcraft.yaml"), text.Bytes(), 0o644)
}
