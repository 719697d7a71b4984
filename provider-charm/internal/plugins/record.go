package plugins

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// recordName is the file that a plugin directory carries beside what the tarball brought. It goes where the directory
// goes, in the same rename; a tarball with a file of this name at its top is refused.
const recordName = ".plugin.json"

// ownNames are the files that the store adds to what an archive brings.
var ownNames = []string{recordName, servicesJar}

// record is the content of recordName.
type record struct {
	Digest Digest `json:"digest"`
	// Source is the host the tarball came from: no path and no query, which may hold secrets.
	Source string `json:"source"`
	// Downloaded is the size of the tarball in bytes, Bytes that of the unpacked files.
	Downloaded int64     `json:"downloaded"`
	Bytes      int64     `json:"bytes"`
	Classes    []string  `json:"classes"`
	Found      []string  `json:"found,omitempty"`
	Time       time.Time `json:"installed"`
}

func (r record) write(dir string) error {
	content, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, recordName), append(content, '\n'), 0o644) // nothing secret in it
}

func (r record) installed(dir string) Installed {
	return Installed{Digest: r.Digest, Dir: dir, Classes: r.Classes, Found: r.Found, Bytes: r.Bytes}
}

// whole says whether the plugin's files have the size together that they had when it was installed. After a power loss a
// disk that does not keep its promises leaves files that are empty.
func (i Installed) whole() bool {
	var bytes int64
	err := filepath.WalkDir(i.Dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path == filepath.Join(i.Dir, recordName) {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			bytes += info.Size()
		}
		return err
	})
	return err == nil && bytes == i.Bytes
}

// readRecord reads what the plugin at dir is. A directory that is named by another digest than its record is an error.
func readRecord(dir string) (Installed, error) {
	path := filepath.Join(dir, recordName)
	content, err := os.ReadFile(path)
	if err != nil {
		return Installed{}, err
	}
	var r record
	if err := json.Unmarshal(content, &r); err != nil {
		return Installed{}, fmt.Errorf("plugin record %s is damaged: remove its directory: %w", path, err)
	}
	if string(r.Digest) != filepath.Base(dir) {
		return Installed{}, fmt.Errorf("plugin record %s names another digest: remove its directory", path)
	}
	return r.installed(dir), nil
}
