package secretfiles

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"connectcharms/requirer-lib/atomicfile"
	"connectcharms/requirer-lib/connectorsecrets"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/secret"
)

// Store is the directory of all relations. It has to be there, with the group that may read what is in it: the worker's.
type Store string

// The group reads, and nobody else: see Store.
const (
	fileMode = 0o640
	dirMode  = 0o750
)

// versionFile has the version of the content. No file of a content is called so.
const versionFile = ".version"

// Relations lists those that have files, or had some that were left halfway.
func (s Store) Relations() ([]hook.RelationID, error) {
	entries, err := os.ReadDir(string(s))
	if err != nil {
		return nil, fmt.Errorf("list secrets of connectors: %w", err)
	}
	var relations []hook.RelationID
	for _, entry := range entries {
		number, ours := strings.CutPrefix(entry.Name(), namePrefix)
		if id, err := strconv.ParseUint(number, 10, strconv.IntSize-1); ours && err == nil {
			relations = append(relations, hook.RelationID(id))
		}
	}
	slices.Sort(relations)
	return relations, nil
}

// Read gives what Write wrote last; false where it has written nothing whole so far. Files that are gone since are not in it.
func (s Store) Read(relation hook.RelationID) (content connectorsecrets.Content, written bool, err error) {
	text, err := os.ReadFile(s.file(relation, versionFile))
	if errors.Is(err, fs.ErrNotExist) {
		return content, false, nil
	}
	if err != nil {
		return content, false, fmt.Errorf("read secrets of connectors: %w", err)
	}
	if content.Version, err = strconv.ParseInt(string(text), 10, 64); err != nil {
		return connectorsecrets.Content{}, false, nil // a damaged note: all is written again
	}
	names, err := s.names(relation)
	if err != nil {
		return content, false, err
	}
	content.Files = make(map[string]secret.Value, len(names))
	for _, name := range names {
		value, err := os.ReadFile(s.file(relation, name))
		if err != nil {
			return content, false, fmt.Errorf("read secrets of connectors: %w", err)
		}
		content.Files[name] = secret.New(string(value))
	}
	return content, true, nil
}

// Write makes the content's files those of a relation: each as a whole, new ones before old ones go. The version comes last:
// what it says is there is there, also after a loss of power.
func (s Store) Write(relation hook.RelationID, content connectorsecrets.Content) error {
	if err := content.Check(); err != nil {
		return err // no other name gets near a path
	}
	if err := os.Mkdir(s.dir(relation), dirMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("write secrets of connectors: %w", err)
	}
	have, _, err := s.Read(relation)
	if err != nil {
		return err
	}
	for name, value := range content.Files {
		if old, there := have.Files[name]; there && old == value {
			continue
		}
		if err := atomicfile.Write(s.file(relation, name), []byte(value.Reveal()), fileMode); err != nil {
			return err
		}
	}
	if err := s.drop(relation, content); err != nil {
		return err
	}
	return atomicfile.Write(s.file(relation, versionFile), []byte(strconv.FormatInt(content.Version, 10)), fileMode)
}

// drop removes what is not in the content, and what a write that was cut off has left.
func (s Store) drop(relation hook.RelationID, content connectorsecrets.Content) error {
	entries, err := os.ReadDir(s.dir(relation))
	if err != nil {
		return fmt.Errorf("list secrets of connectors: %w", err)
	}
	for _, entry := range entries {
		if _, stays := content.Files[entry.Name()]; stays || entry.Name() == versionFile {
			continue
		}
		if err := os.RemoveAll(s.file(relation, entry.Name())); err != nil {
			return fmt.Errorf("remove secrets of connectors: %w", err)
		}
	}
	return nil
}

// Remove removes all that a relation has.
func (s Store) Remove(relation hook.RelationID) error {
	if err := os.RemoveAll(s.dir(relation)); err != nil {
		return fmt.Errorf("remove secrets of connectors: %w", err)
	}
	return nil
}

// names are those of the files of a content.
func (s Store) names(relation hook.RelationID) (names []string, err error) {
	entries, err := os.ReadDir(s.dir(relation))
	if err != nil {
		return nil, fmt.Errorf("list secrets of connectors: %w", err)
	}
	for _, entry := range entries {
		if entry.Type().IsRegular() && connectorsecrets.CheckName(entry.Name()) == nil {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}

func (s Store) dir(relation hook.RelationID) string {
	return filepath.Join(string(s), nameOf(relation))
}

func (s Store) file(relation hook.RelationID, name string) string {
	return filepath.Join(s.dir(relation), name)
}
