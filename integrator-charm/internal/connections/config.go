package connections

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"go.yaml.in/yaml/v4"

	"connectcharms/requirer-lib/connection"
)

// Config is the section connections of the settings.
type Config struct {
	// Interval is how old at most what is known of a system that answers may be. 0: 1 m.
	Interval time.Duration
	// Legacy has every status say the same in the older form, too.
	Legacy bool
	// SecretsDir has what references lead to: files NAME/KEY or NAME. It is not that of state files: whoever may make connections
	// may have what is in it sent where they like.
	SecretsDir string
	// ToldFile has what another charm tells of its connections.
	ToldFile string
	Specs    []connection.Spec
}

// section is how it is written.
type section struct {
	Interval   time.Duration `yaml:"interval,omitempty"`
	Legacy     *bool         `yaml:"legacy-authentication,omitempty"`
	SecretsDir string        `yaml:"secrets-dir,omitempty"`
	ToldFile   string        `yaml:"told-file,omitempty"`
	Specs      []yaml.Node   `yaml:"specs,omitempty"`
}

const (
	usualInterval = time.Minute
	leastInterval = 3 * time.Second
)

// Decode reads the section; the zero node is none. Unknown keys are errors. Paths that are relative are so to dir.
func Decode(node yaml.Node, dir string) (Config, error) {
	var written section
	if !node.IsZero() {
		if err := node.Load(&written, yaml.WithKnownFields(), yaml.WithUniqueKeys()); err != nil {
			return Config{}, fmt.Errorf("connections: %w", err)
		}
	}
	config := Config{Interval: written.Interval, Legacy: written.Legacy == nil || *written.Legacy, SecretsDir: written.SecretsDir, ToldFile: written.ToldFile}
	var all []error
	if config.Interval != 0 && config.Interval < leastInterval {
		all = append(all, fmt.Errorf("interval: want %s or more", leastInterval))
	}
	for i := range written.Specs {
		spec, err := decodeSpec(&written.Specs[i])
		if err != nil {
			all = append(all, err)
		}
		config.Specs = append(config.Specs, spec)
	}
	all = append(all, twice(config.Specs)...)
	if err := errors.Join(all...); err != nil {
		return Config{}, fmt.Errorf("connections: %w", err)
	}
	return config.complete(dir), nil
}

func (c Config) complete(dir string) Config {
	c.Interval = cmp.Or(c.Interval, usualInterval)
	for _, path := range []*string{&c.SecretsDir, &c.ToldFile} {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(dir, *path)
		}
	}
	return c
}

// decodeSpec reads a spec as the API does: what is YAML in it is made JSON.
func decodeSpec(node *yaml.Node) (connection.Spec, error) {
	var value any
	if err := node.Load(&value, yaml.WithUniqueKeys()); err != nil {
		return connection.Spec{}, fmt.Errorf("line %d: %w", node.Line, err)
	}
	text, err := json.Marshal(value)
	if err != nil {
		return connection.Spec{}, fmt.Errorf("line %d: the connection has what JSON has not", node.Line)
	}
	spec, err := connection.Parse(text)
	if err != nil {
		return connection.Spec{}, fmt.Errorf("line %d: %v", node.Line, err) // not Problems: those are of a request
	}
	return spec, nil
}

func twice(specs []connection.Spec) (all []error) {
	seen := map[string]bool{}
	for _, spec := range specs {
		if seen[spec.ID] && spec.ID != "" {
			all = append(all, fmt.Errorf("two connections have the id %q", spec.ID))
		}
		seen[spec.ID] = true
	}
	return all
}
