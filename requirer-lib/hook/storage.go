package hook

import (
	"context"
	"fmt"
	"strings"
)

// ResourceGet is the path of a resource's file. Juju downloads it at the first call, which [ResourceTimeout] bounds.
// IsNotFound(err) when nothing was attached.
func (t *Tools) ResourceGet(ctx context.Context, name string) (path string, err error) {
	stdout, err := t.run(ctx, "resource-get", name)
	return strings.TrimRight(string(stdout), "\n"), err
}

// Storage is one storage instance of the unit.
type Storage struct {
	ID       string `json:"-"`
	Kind     string `json:"kind"` // "filesystem" or "block"
	Location string `json:"location"`
}

// StorageList lists the unit's storage instances of one name, or of all with an empty name.
func (t *Tools) StorageList(ctx context.Context, name string) ([]string, error) {
	var args []string
	if name != "" {
		args = append(args, name)
	}
	var ids []string
	err := t.runJSON(ctx, &ids, "storage-list", args...)
	return ids, err
}

// StorageGet describes one storage instance.
func (t *Tools) StorageGet(ctx context.Context, id string) (Storage, error) {
	storage := Storage{ID: id}
	err := t.runJSON(ctx, &storage, "storage-get", "-s", id)
	return storage, err
}

// StorageAdd asks for more instances of a storage.
func (t *Tools) StorageAdd(ctx context.Context, name string, count int) error {
	_, err := t.run(ctx, "storage-add", fmt.Sprintf("%s=%d", name, count))
	return err
}

// State is the small store that the controller keeps for each unit; it is saved when the hook succeeds.
type State map[string]string

// StateGet reads the whole store.
func (t *Tools) StateGet(ctx context.Context) (State, error) {
	var state State
	if err := t.runJSON(ctx, &state, "state-get"); err != nil {
		return nil, err
	}
	if state == nil {
		state = State{}
	}
	return state, nil
}

// StateSet writes keys of the store.
func (t *Tools) StateSet(ctx context.Context, changes State) error {
	if len(changes) == 0 {
		return nil
	}
	document, err := yamlDocument(changes)
	if err != nil {
		return fmt.Errorf("state-set: %w", err)
	}
	_, err = t.runInput(ctx, document, "state-set", "--file", "-")
	return err
}

// StateDelete removes a key of the store.
func (t *Tools) StateDelete(ctx context.Context, key string) error {
	_, err := t.run(ctx, "state-delete", "--", key)
	return err
}
