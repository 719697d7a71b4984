package charm

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"connectcharms/requirer-lib/atomicfile"
	"connectcharms/requirer-lib/secret"
)

// files are what the manager is given, by their names in its directory. Many are secrets.
type files map[string]secret.Value

// under are those of a directory.
func (f files) under(dir string) files {
	found := files{}
	for name, content := range f {
		if strings.HasPrefix(name, dir+"/") {
			found[name] = content
		}
	}
	return found
}

// readFiles reads those that are there. What the manager keeps for itself is not among them.
func readFiles(dir string) (files, error) {
	found := files{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path == filepath.Join(dir, storeDir) {
			return fs.SkipDir
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		found[filepath.ToSlash(name)] = secret.New(string(content))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the manager's files: %w", err)
	}
	return found, nil
}

// write makes the directory's files those, leaving alone what is the same.
func (f files) write(dir string, there files) error {
	for name, content := range f {
		if found, is := there[name]; is && found == content {
			continue
		}
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := atomicfile.Write(path, []byte(content.Reveal()), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// removeOthers removes those that are there and not among f.
func (f files) removeOthers(dir string, there files) error {
	var failed []error
	for name := range there {
		if _, wanted := f[name]; !wanted {
			path := filepath.Join(dir, filepath.FromSlash(name))
			failed = append(failed, os.Remove(path))
			_ = os.Remove(filepath.Dir(path)) // where it is empty
		}
	}
	return errors.Join(failed...)
}
