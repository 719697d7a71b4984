// Package option reads the charm's option connectors. It knows nothing of Juju and nothing of what a connector
// does with its configuration.
package option

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"

	"connectcharms/requirer-lib/connect"
)

// MaxSize is the most text that is read, in bytes.
const MaxSize = 1 << 20

// Class is the one key that every connector must have.
const Class = "connector.class"

// reserved is what Kafka Connect sets itself: a connector's name.
const reserved = "name"

// Configs is the configuration of each connector, by its name.
type Configs map[string]map[string]string

// Parse reads YAML, and so JSON: a mapping from names to flat mappings of text, numbers and booleans. Each value is kept
// as it is written: 1.10 is 1.10. Empty text is no connectors. An error names the line, and no value: it may be secret.
func Parse(text string) (Configs, error) {
	if len(text) > MaxSize {
		return nil, fmt.Errorf("%d bytes: at most %d are read", len(text), MaxSize)
	}
	root, err := read(text)
	if err != nil || root == nil {
		return Configs{}, err
	}
	configs := Configs{}
	err = each(root, "the text", func(name string, at, value *yaml.Node) error {
		if err := connect.CheckName(name); err != nil {
			return problem(at, "%v", err)
		}
		config, err := flat(name, value)
		if err == nil && config[Class] == "" {
			err = problem(at, "connector %s has no %s", name, Class)
		}
		configs[name] = config
		return err
	})
	if err != nil {
		return nil, err
	}
	return configs, nil
}

// unknownAnchor is the one message of the parser that quotes the text: *hunter2 may be meant to be a password.
var unknownAnchor = regexp.MustCompile(`unknown anchor '.*'`)

// read gives the one document's content; nil where there is none.
func read(text string) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(strings.NewReader(text))
	var document yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("not YAML: %s", unknownAnchor.ReplaceAllString(strings.TrimPrefix(err.Error(), "yaml: "), "unknown anchor"))
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one document: write all connectors in one")
	}
	root := document.Content[0]
	if root.Kind == yaml.ScalarNode && root.ShortTag() == "!!null" {
		return nil, nil
	}
	return root, nil
}

// flat reads the configuration of one connector.
func flat(name string, node *yaml.Node) (map[string]string, error) {
	what := "connector " + name
	config := map[string]string{}
	err := each(node, what, func(key string, at, value *yaml.Node) error {
		switch {
		case key == reserved:
			return problem(at, "%s: leave out the key name, it is set from the connector's", what)
		case value.Kind != yaml.ScalarNode:
			return problem(value, "%s: %.60q is not a single value; write lists as Kafka Connect does: a,b,c", what, key)
		case value.ShortTag() == "!!null":
			return problem(value, `%s: %.60q has no value; write "" for an empty one`, what, key)
		}
		config[key] = value.Value
		return nil
	})
	return config, err
}

// each visits the entries of a mapping. Whatever stands for something else than what is written is refused.
func each(node *yaml.Node, what string, visit func(key string, at, value *yaml.Node) error) error {
	if err := plain(node, what); err != nil {
		return err
	}
	if node.Kind != yaml.MappingNode {
		return problem(node, "%s is not a mapping", what)
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		for _, node := range []*yaml.Node{key, value} {
			if err := plain(node, what); err != nil {
				return err
			}
		}
		if key.Kind != yaml.ScalarNode || key.Value == "" {
			return problem(key, "%s: a key must be a text that is not empty", what)
		}
		if line, twice := seen[key.Value]; twice {
			return problem(key, "%s: %.60q is there already, in line %d", what, key.Value, line)
		}
		seen[key.Value] = key.Line
		if err := visit(key.Value, key, value); err != nil {
			return err
		}
	}
	return nil
}

// plain refuses anchors, aliases and tags.
func plain(node *yaml.Node, what string) error {
	switch {
	case node.Kind == yaml.AliasNode || node.Anchor != "":
		return problem(node, "%s: write it out, anchors (&) and aliases (*) are not read", what)
	case node.Style&yaml.TaggedStyle != 0:
		return problem(node, "%s: tags (!) are not read; quote a text that begins with one", what)
	}
	return nil
}

func problem(at *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("line %d: %s", at.Line, fmt.Sprintf(format, args...))
}
