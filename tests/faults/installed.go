package faults

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"connectcharms/tests/pair"
)

// half says which plugins of units are installed, and not whole.
func (s *Stage) half() (problems []string) {
	for _, unit := range s.Units(pair.Provider) {
		installed := filepath.Join(s.data(unit), "plugins/installed")
		entries, _ := os.ReadDir(installed) // none yet, or the unit has gone
		for _, entry := range entries {
			problem := s.Plugins.whole(filepath.Join(installed, entry.Name()))
			if problem != "" && isThere(filepath.Join(installed, entry.Name())) {
				problems = append(problems, fmt.Sprintf("plugin %s of %s: %s", entry.Name(), unit, problem))
			}
		}
	}
	return problems
}

func isThere(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// whole says what is wrong with an installed plugin, the directory of which is named by the digest of its archive.
func (p *PluginServer) whole(dir string) (problem string) {
	archive, known := p.archives[filepath.Base(dir)]
	if !known {
		return "nobody has asked for it"
	}
	want, err := contents(archive)
	if err != nil {
		return err.Error()
	}
	for _, digest := range slices.Sorted(maps.Keys(want)) {
		if !slices.Contains(filesBelow(dir), digest) {
			return "its file " + want[digest] + " is not there, or is another"
		}
	}
	return ""
}

// contents are the files of an archive, by their digests.
func contents(archive []byte) (names map[string]string, err error) {
	plain, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return nil, err
	}
	names = map[string]string{}
	members := tar.NewReader(plain)
	for {
		header, err := members.Next()
		if errors.Is(err, io.EOF) {
			return names, nil
		}
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(members)
		if err != nil {
			return nil, err
		}
		if header.Typeflag == tar.TypeReg {
			names[digestOf(content)] = header.Name
		}
	}
}

// filesBelow are the digests of the files in a directory.
func filesBelow(dir string) (digests []string) {
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error { // what is gone has no digest
		if err != nil || !entry.Type().IsRegular() {
			return nil //nolint:nilerr // see above
		}
		if content, err := os.ReadFile(path); err == nil {
			digests = append(digests, digestOf(content))
		}
		return nil
	})
	return digests
}
