package connections

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"

	"connectcharms/requirer-lib/connection"
)

// toldFile is what another charm tells of its own connections, by ID, as the charm's hook writes it.
type toldFile map[string]toldOf

type toldOf struct {
	Name string `json:"name"`
	// Context is the one whose connectors need it.
	Context string `json:"context"`
	connection.Status
}

const (
	// toldEvery is how often the file is looked at, beside each reading of the settings.
	toldEvery = 10 * time.Second
	maxTold   = 1 << 20 // bytes
)

// readTold reads the file; one that cannot be read leaves what was told last.
func (r *Registry) readTold() {
	r.mu.Lock()
	path := r.config.ToldFile
	r.mu.Unlock()
	told, err := readTold(path)
	if err != nil {
		r.log.Error("what another charm tells of its connections stays as it was", "error", err)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told = told
}

// takeTold has what is in the file now count.
func (r *Registry) takeTold() {
	r.readTold()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.config.ToldFile != "" {
		r.settle()
	}
}

func readTold(path string) (told toldFile, err error) {
	if path == "" {
		return nil, nil
	}
	found, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case found.Size() > maxTold:
		return nil, fmt.Errorf("%s has %d bytes: at most %d are read", path, found.Size(), maxTold)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &told); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return told, told.check(path)
}

// check wants what others can rely on: IDs that are such, and states that there are.
func (f toldFile) check(path string) error {
	for id, one := range f {
		spec := connection.Spec{ID: id, Name: one.Name, Type: connection.Direct, KafkaConnect: &connection.KafkaConnectConfig{Endpoints: []string{"http://x"}}}
		if err := spec.Validate(); err != nil {
			return fmt.Errorf("%s: %.100q: %w", path, id, err)
		}
		for _, part := range one.Parts() {
			if state := one.Part(part).State; !slices.Contains(connection.States, state) {
				return fmt.Errorf("%s: %q: %s: there is no state %.100q", path, id, part, state)
			}
		}
	}
	return nil
}

func (f toldFile) entries() (all []*entry) {
	for _, id := range slices.Sorted(maps.Keys(f)) {
		one := f[id]
		one.Authentication = nil
		all = append(all, &entry{
			spec:   connection.Spec{ID: id, Name: one.Name, Type: connection.Direct},
			origin: connection.OfCharm, generation: 1, context: one.Context, status: one.Status,
		})
	}
	return all
}
