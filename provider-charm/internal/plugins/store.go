// Package plugins keeps a unit's Kafka Connect plugins: one directory for each tarball, named by the SHA-256 of its bytes.
//
//	DIR/installed/<sha256>/             one plugin, whole; DIR/installed is the worker's plugin.path
//	DIR/installed/<sha256>/.plugin.json where it came from and what it holds
//	DIR/incoming/                       half-unpacked and half-removed plugins, out of the worker's sight
//	DIR/.lock                           who is writing (flock)
//
// A plugin appears under its digest in one rename, after all of it is on disk, and disappears in one rename. Connect
// takes every directory in plugin.path for a plugin, hidden ones too, and every jar at any depth below it: so what is
// not whole lives outside of it. A file that is neither .jar, .zip nor .class means nothing to Connect: so the record
// is one (PluginUtils in org.apache.kafka.connect.runtime.isolation).
//
// The package does not decide which plugins a unit needs, nor when a worker restarts to load them.
package plugins

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// ErrNotInstalled is the error of Store.Get for a digest that the store does not have.
var ErrNotInstalled = errors.New("plugin is not installed")

// Installed is one plugin of the store.
type Installed struct {
	// Digest is the SHA-256 of the tarball it came from.
	Digest Digest
	// Dir is the plugin's directory: one plugin location below the worker's plugin.path.
	Dir string
	// Classes are the connectors, converters, header converters, transformations and predicates that the service
	// manifests of the plugin's jars name, sorted, each once.
	Classes []string
	// Found are the classes of these kinds that no manifest of the vendor's names: the store found them in the jars, and has
	// added manifests. They look as if they could be loaded; only the worker knows.
	Found []string
	// Bytes is the size of the plugin's files together.
	Bytes int64
}

// LoadedBy says whether a worker that lists these classes has loaded the plugin: all classes that its vendor names; of a
// plugin whose vendor names none, any.
func (i Installed) LoadedBy(listed map[string]bool) bool {
	lists := func(class string) bool { return listed[class] }
	if len(i.Classes) == 0 {
		return slices.ContainsFunc(i.Found, lists)
	}
	return !slices.ContainsFunc(i.Classes, func(class string) bool { return !lists(class) })
}

// Store is a directory of plugins. Its methods may be called from several goroutines and several processes at once.
type Store struct {
	dir       string
	transport http.RoundTripper // nil: what the Network of a Source asks for; tests put servers here that have no other way
	// openTarget opens the directory an archive is unpacked into; tests put a full disk here.
	openTarget func(dir string) (target, error)
}

// Open opens the store at dir and makes it, mode 0755, when it is not there. Unless somebody is writing to the store at
// this moment, it removes what an interrupted installation or removal left behind.
func Open(dir string) (*Store, error) {
	s := &Store{dir: dir, openTarget: openDirectory}
	if err := s.prepare(); err != nil {
		return nil, fmt.Errorf("cannot open the plugin store %s: %w", dir, err)
	}
	return s, nil
}

// Path returns the directory for the worker's plugin.path. Each directory in it is one whole plugin.
func (s *Store) Path() string { return PathIn(s.dir) }

// PathIn is Path of the store at dir: a worker in a container may see the store at another place than who fills it.
func PathIn(dir string) string { return filepath.Join(dir, "installed") }

// Get returns the plugin with this digest, or an error that is ErrNotInstalled.
func (s *Store) Get(digest Digest) (Installed, error) {
	if err := digest.Validate(); err != nil {
		return Installed{}, err
	}
	installed, err := readRecord(s.path(digest))
	if errors.Is(err, fs.ErrNotExist) {
		return Installed{}, fmt.Errorf("%w: %s", ErrNotInstalled, digest)
	}
	return installed, err
}

// Installed returns every plugin of the store, in the order of their digests. Directories that are not named by a
// digest were put there by somebody else and are left out.
func (s *Store) Installed() ([]Installed, error) {
	digests, err := s.digests()
	if err != nil {
		return nil, err
	}
	plugins := make([]Installed, 0, len(digests))
	for _, digest := range digests {
		plugin, err := s.Get(digest)
		if errors.Is(err, ErrNotInstalled) { // removed since the listing
			continue
		}
		if err != nil {
			return nil, err
		}
		plugins = append(plugins, plugin)
	}
	return plugins, nil
}

// Keep removes every plugin whose digest is not in wanted and returns the digests it removed, also when an error stopped
// it half-way. A wanted digest that is not valid is an error, and nothing is removed.
func (s *Store) Keep(wanted []Digest) (removed []Digest, err error) {
	for _, digest := range wanted {
		if err := digest.Validate(); err != nil {
			return nil, fmt.Errorf("cannot tell which plugins to keep: %w", err)
		}
	}
	unlock, err := s.lockShared()
	if err != nil {
		return nil, err
	}
	defer unlock()
	present, err := s.digests()
	if err != nil {
		return nil, err
	}
	for _, digest := range present {
		if slices.Contains(wanted, digest) {
			continue
		}
		if err := s.discard(s.path(digest)); err != nil {
			return removed, fmt.Errorf("cannot remove plugin %s: %w", digest, err)
		}
		removed = append(removed, digest)
	}
	return removed, nil
}

func (s *Store) path(digest Digest) string { return filepath.Join(s.Path(), string(digest)) }

func (s *Store) incoming() string { return filepath.Join(s.dir, "incoming") }

// prepare makes the store's directories and clears away leftovers. A store on a disk that became read-only can still be
// read.
func (s *Store) prepare() error {
	for _, dir := range []string{s.dir, s.Path(), s.incoming()} {
		if err := makeReadable(dir); err != nil {
			return err
		}
	}
	unlock, alone, err := s.tryLockExclusive()
	if errors.Is(err, syscall.EROFS) {
		return nil
	}
	if err != nil || !alone {
		return err
	}
	defer unlock()
	return s.clearLeftovers()
}

// makeReadable makes a directory that the worker can read: it runs as another user than the charm, whatever the charm's
// umask is. Plugins are public to the machine.
func makeReadable(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() == 0o755 {
		return err
	}
	return os.Chmod(dir, 0o755)
}

// clearLeftovers empties incoming/ and drops plugins whose record is gone or damaged, or whose files are not of the size
// that it tells: no installation of ours makes those, so the disk did, and another download repairs them. The caller holds the exclusive lock.
func (s *Store) clearLeftovers() error {
	digests, err := s.digests()
	if err != nil {
		return err
	}
	for _, digest := range digests {
		if plugin, err := readRecord(s.path(digest)); err == nil && plugin.whole() {
			continue
		}
		if err := s.discard(s.path(digest)); err != nil {
			return err
		}
	}
	leftovers, err := os.ReadDir(s.incoming())
	if err != nil {
		return err
	}
	for _, leftover := range leftovers {
		if err := os.RemoveAll(filepath.Join(s.incoming(), leftover.Name())); err != nil {
			return err
		}
	}
	return nil
}

// digests lists the directories of the store that are named by a digest, sorted.
func (s *Store) digests() ([]Digest, error) {
	entries, err := os.ReadDir(s.Path())
	if err != nil {
		return nil, fmt.Errorf("cannot list the plugin store: %w", err)
	}
	var digests []Digest
	for _, entry := range entries {
		if digest := Digest(entry.Name()); entry.IsDir() && digest.Validate() == nil {
			digests = append(digests, digest)
		}
	}
	return digests, nil
}

// discard takes a plugin out of the worker's sight in one rename, then deletes it. One that is gone already is no error. It makes no
// directory: on a disk that is full there would be no room for one, and removing makes room.
func (s *Store) discard(dir string) error {
	grave := filepath.Join(s.incoming(), "removed-"+filepath.Base(dir))
	if err := os.RemoveAll(grave); err != nil { // of a removal that was interrupted
		return err
	}
	err := os.Rename(dir, grave)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, os.RemoveAll(grave))
}
