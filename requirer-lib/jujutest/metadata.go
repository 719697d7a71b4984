package jujutest

import (
	"fmt"
	"math"
	"sort"
	"strings"

	"go.yaml.in/yaml/v4"
)

// The roles of endpoints.
const (
	roleProvider = "provider"
	roleRequirer = "requirer"
	rolePeer     = "peer"
)

// metadata is what Juju reads of a charm: metadata.yaml, config.yaml and actions.yaml, or the one charmcraft.yaml that
// they are made from.
type metadata struct {
	Name       string                   `yaml:"name"`
	Provides   map[string]endpointYAML  `yaml:"provides"`
	Requires   map[string]endpointYAML  `yaml:"requires"`
	Peers      map[string]endpointYAML  `yaml:"peers"`
	Containers map[string]containerYAML `yaml:"containers"`
	Resources  map[string]resourceYAML  `yaml:"resources"`
	Storage    map[string]storageYAML   `yaml:"storage"`
	Config     configYAML               `yaml:"config"`
	Actions    map[string]actionYAML    `yaml:"actions"`
}

type endpointYAML struct {
	Interface string `yaml:"interface"`
	Scope     string `yaml:"scope"`
	Limit     int    `yaml:"limit"`
	Optional  bool   `yaml:"optional"`
}

// UnmarshalYAML also takes the short form, in which an endpoint is only the name of its interface.
func (e *endpointYAML) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		return node.Decode(&e.Interface)
	}
	type plain endpointYAML
	return node.Decode((*plain)(e))
}

type containerYAML struct {
	Resource string      `yaml:"resource"`
	Mounts   []mountYAML `yaml:"mounts"`
}

// mountYAML shows a storage of the unit to a container, at a path of the container's own.
type mountYAML struct {
	Storage  string `yaml:"storage"`
	Location string `yaml:"location"`
}

type resourceYAML struct {
	Type     string `yaml:"type"`
	Filename string `yaml:"filename"`
}

type storageYAML struct {
	Type     string `yaml:"type"`
	Location string `yaml:"location"`
	Multiple struct {
		Range string `yaml:"range"`
	} `yaml:"multiple"`
}

// isMultiple says whether a unit may have several instances.
func (s storageYAML) isMultiple() bool { return s.Multiple.Range != "" }

// minimum is the number of instances that a unit gets unless it is told otherwise.
func (s storageYAML) minimum() int {
	if !s.isMultiple() {
		return 1
	}
	var n int
	if _, err := fmt.Sscanf(s.Multiple.Range, "%d", &n); err != nil {
		return 0
	}
	return n
}

type configYAML struct {
	Options map[string]optionYAML `yaml:"options"`
}

type optionYAML struct {
	Type    string `yaml:"type"`
	Default any    `yaml:"default"`
}

type actionYAML struct {
	Params               map[string]any `yaml:"params"`
	Required             []string       `yaml:"required"`
	AdditionalProperties *bool          `yaml:"additionalProperties"`
}

// endpoint is one endpoint of a charm.
type endpoint struct {
	name, role, iface string
	limit             int
}

// endpoints lists a charm's endpoints by name.
func (m *metadata) endpoints() []endpoint {
	var all []endpoint
	add := func(role string, of map[string]endpointYAML) {
		for name, e := range of {
			all = append(all, endpoint{name: name, role: role, iface: e.Interface, limit: e.Limit})
		}
	}
	add(roleProvider, m.Provides)
	add(roleRequirer, m.Requires)
	add(rolePeer, m.Peers)
	sort.Slice(all, func(i, j int) bool { return all[i].name < all[j].name })
	return all
}

func (m *metadata) endpoint(name string) (endpoint, bool) {
	for _, e := range m.endpoints() {
		if e.name == name {
			return e, true
		}
	}
	return endpoint{}, false
}

// parseMetadata reads a charmcraft.yaml.
func parseMetadata(text []byte) (*metadata, error) {
	meta := &metadata{}
	if err := yaml.Unmarshal(text, meta); err != nil {
		return nil, err
	}
	return meta, meta.validate()
}

func (m *metadata) validate() error {
	if m.Name == "" {
		return fmt.Errorf("the charm's metadata have no name")
	}
	for _, e := range m.endpoints() {
		if e.iface == "" {
			return fmt.Errorf("charm %s: endpoint %q has no interface", m.Name, e.name)
		}
	}
	for name, option := range m.Config.Options {
		if option.Default == nil {
			continue
		}
		if _, err := option.check(name, option.Default); err != nil {
			return fmt.Errorf("charm %s: default of its configuration: %w", m.Name, err)
		}
	}
	return nil
}

// check converts a value for the option as Juju does: from its own type, or from text.
func (o optionYAML) check(name string, value any) (any, error) {
	refusal := fmt.Errorf("option %q expected %s, got %#v", name, o.typeName(), value)
	switch o.Type {
	case "int":
		switch v := value.(type) {
		case int:
			return int64(v), nil
		case int64:
			return v, nil
		case float64:
			if v == math.Trunc(v) {
				return int64(v), nil
			}
		case string:
			var n int64
			if _, err := fmt.Sscan(v, &n); err == nil {
				return n, nil
			}
		}
		return nil, refusal
	case "float":
		switch v := value.(type) {
		case float64:
			return v, nil
		case int:
			return float64(v), nil
		case string:
			var f float64
			if _, err := fmt.Sscan(v, &f); err == nil {
				return f, nil
			}
		}
		return nil, refusal
	case "boolean":
		switch v := value.(type) {
		case bool:
			return v, nil
		case string:
			switch strings.ToLower(v) {
			case "true":
				return true, nil
			case "false":
				return false, nil
			}
		}
		return nil, refusal
	}
	text, ok := value.(string)
	if !ok {
		return nil, refusal
	}
	if o.Type == "secret" && text != "" {
		if _, err := parseSecretURI(text); err != nil {
			return nil, refusal
		}
	}
	return text, nil
}

func (o optionYAML) typeName() string {
	if o.Type == "" {
		return "string"
	}
	return o.Type
}
