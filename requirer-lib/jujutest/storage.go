package jujutest

import (
	"fmt"
	"os"
	"path/filepath"
)

// storageInstance is one storage of one unit: a directory.
type storageInstance struct {
	id       string // "data/0"
	name     string
	unit     string
	kind     string // "filesystem" or "block"
	location string
	dying    bool
}

// addUnitStorage gives a new unit the storage that its charm and the deployment ask for.
func (m *Model) addUnitStorage(u *unit) {
	for _, name := range sortedKeys(u.app.meta().Storage) {
		count, told := u.app.storage[name]
		if !told {
			count = u.app.meta().Storage[name].minimum()
		}
		for range count {
			m.newStorage(u, name)
		}
	}
}

func (m *Model) newStorage(u *unit, name string) *storageInstance {
	meta := u.app.meta().Storage[name]
	s := &storageInstance{id: fmt.Sprintf("%s/%d", name, m.nextStorage), name: name, unit: u.name, kind: "filesystem"}
	if meta.Type != "" {
		s.kind = meta.Type
	}
	number := filepath.Base(s.id)
	location := meta.Location
	switch {
	case location == "":
		location = filepath.Join("var/lib/juju/storage", name, number)
	case meta.isMultiple():
		location = filepath.Join(location, number)
	}
	s.location = filepath.Join(u.root, location)
	m.nextStorage++
	m.storage[s.id] = s
	return s
}

// make makes the storage's directory.
func (s *storageInstance) make() error {
	if err := os.MkdirAll(s.location, 0o755); err != nil {
		return fmt.Errorf("make storage %s of %s: %w", s.id, s.unit, err)
	}
	return nil
}

// AddStorage adds an instance of a storage to a unit, and returns its id. The unit runs storage-attached in the next Settle.
func (m *Model) AddStorage(unitName, name string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	u, err := m.unit(unitName)
	if err != nil {
		return "", fmt.Errorf("add storage: %w", err)
	}
	if _, ok := u.app.meta().Storage[name]; !ok {
		return "", fmt.Errorf("add storage to %s: charm storage %q not found", unitName, name)
	}
	return m.newStorage(u, name).id, nil
}

// DetachStorage detaches a storage instance: its unit runs storage-detaching in the next Settle. The directory stays until
// the unit goes.
func (m *Model) DetachStorage(id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.storage[id]
	if !ok {
		return fmt.Errorf("detach storage: storage %q not found", id)
	}
	s.dying = true
	return nil
}

func (m *Model) forgetStorage(u *unit) {
	for _, s := range m.storageOf(u) {
		delete(m.storage, s.id)
	}
}

// storageOf lists a unit's storage by id.
func (m *Model) storageOf(u *unit) []*storageInstance {
	var all []*storageInstance
	for _, id := range sortedKeys(m.storage) {
		if m.storage[id].unit == u.name {
			all = append(all, m.storage[id])
		}
	}
	return all
}

// storageHook decides a unit's next storage hook.
func (m *Model) storageHook(u *unit) *hookInfo {
	for _, s := range m.storageOf(u) {
		ends := s.dying || u.dying
		info := &hookInfo{prefix: s.name, storage: s.id}
		switch {
		case !ends && !u.attached[s.id]:
			info.kind = kindStorageAttached
			return info
		case ends && u.attached[s.id]:
			info.kind = kindStorageDetaches
			return info
		case s.dying:
			delete(m.storage, s.id)
		}
	}
	return nil
}
