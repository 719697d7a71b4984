package charms

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"connectcharms/requirer-lib/atomicfile"
)

// files is content by slash-separated name in the charm.
type files map[string][]byte

// mode is what a file of a charm may be used for.
func mode(name string) fs.FileMode {
	if name == "dispatch" || strings.HasPrefix(name, "bin/") {
		return 0o755
	}
	return 0o644
}

// write makes dir hold these files, and no others. A model may be copying the charm from there: what stays the same is
// left alone, what changes is replaced as a whole.
func (f files) write(dir string) error {
	for name, content := range f {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if is, err := os.ReadFile(path); err == nil && bytes.Equal(is, content) {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := atomicfile.Write(path, content, mode(name)); err != nil {
			return err
		}
	}
	return f.removeOthers(dir)
}

// removeOthers leaves hidden files alone: they are on their way to be another file, when two build at once.
func (f files) removeOthers(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if _, ours := f[filepath.ToSlash(name)]; ours || entry.IsDir() || strings.HasPrefix(entry.Name(), ".") {
			return nil
		}
		return os.Remove(path)
	})
}
