package charms

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v4"
)

// project is a charmcraft.yaml, which Juju does not read, on its way to the files that Juju reads.
type project struct {
	document  *yaml.Node   // all of it
	metadata  []*yaml.Node // key, value, key, value, …
	config    *yaml.Node
	actions   *yaml.Node
	platforms []platform
}

// platform is what one packed charm is for.
type platform struct {
	label   string // ubuntu@24.04:amd64
	base    string // ubuntu
	channel string // 24.04
	arch    string // amd64; Go, Debian and Juju have the same word for the architectures that charmcraft.yaml names
}

// metadataKeys are the keys that metadata.yaml has from charmcraft.yaml as they are.
var metadataKeys = []string{
	"name", "summary", "description", "assumes", "charm-user", "containers", "devices", "extra-bindings", "peers", "provides",
	"requires", "resources", "storage", "subordinate", "terms",
}

func parseProject(text []byte) (project, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return project{}, err
	}
	if len(document.Content) != 1 || document.Content[0].Kind != yaml.MappingNode {
		return project{}, errors.New("it is not a mapping")
	}
	p := project{document: document.Content[0]}
	for pair := range slices.Chunk(document.Content[0].Content, 2) {
		if err := p.add(pair[0], pair[1]); err != nil {
			return project{}, err
		}
	}
	return p, nil
}

// add sorts one key of charmcraft.yaml into the file that it belongs to. A key that it does not know is an error: what it
// says would be missing from the packed charm.
func (p *project) add(key, value *yaml.Node) (err error) {
	copied := *key
	key = &copied
	key.HeadComment, key.FootComment = "", "" // they are about charmcraft.yaml
	switch key.Value {
	case "type", "parts": // how charmcraft packs
	case "platforms":
		p.platforms, err = parsePlatforms(value)
	case "config":
		p.config = value
	case "actions":
		p.actions = value
	case "title":
		key.Value = "display-name"
		p.metadata = append(p.metadata, key, value)
	case "links":
		err = p.addLinks(value)
	default:
		if !slices.Contains(metadataKeys, key.Value) {
			return fmt.Errorf("line %d: key %q: say in tests/charms which of the charm's files it goes to", key.Line, key.Value)
		}
		p.metadata = append(p.metadata, key, value)
	}
	return err
}

// linkKeys are the links of charmcraft.yaml, by what metadata.yaml calls them.
var linkKeys = map[string]string{
	"contact": "maintainers", "documentation": "docs", "issues": "issues", "source": "source", "website": "website",
}

func (p *project) addLinks(links *yaml.Node) error {
	for pair := range slices.Chunk(links.Content, 2) {
		key, value := *pair[0], pair[1]
		name, known := linkKeys[key.Value]
		if !known {
			return fmt.Errorf("line %d: link %q: it is none that Charmhub shows", key.Line, key.Value)
		}
		if name == "maintainers" && value.Kind == yaml.ScalarNode {
			value = &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{value}}
		}
		key.Value = name
		p.metadata = append(p.metadata, &key, value)
	}
	return nil
}

var platformLabel = regexp.MustCompile(`^([a-z]+)@([0-9.]+):([a-z0-9]+)$`)

func parsePlatforms(of *yaml.Node) ([]platform, error) {
	var all []platform
	for pair := range slices.Chunk(of.Content, 2) {
		label := pair[0].Value
		parts := platformLabel.FindStringSubmatch(label)
		if parts == nil || pair[1].Tag != "!!null" {
			return nil, fmt.Errorf("line %d: platform %q: write it as BASE@CHANNEL:ARCHITECTURE and nothing below it, like ubuntu@24.04:amd64",
				pair[0].Line, label)
		}
		all = append(all, platform{label: label, base: parts[1], channel: parts[2], arch: parts[3]})
	}
	return all, nil
}

func (p project) platformsFor(arch string) []platform {
	var all []platform
	for _, platform := range p.platforms {
		if platform.arch == arch {
			all = append(all, platform)
		}
	}
	return all
}

// split writes the files that Juju reads. What has nothing in it has no file.
func (p project) split() (files, error) {
	all := files{}
	for name, node := range map[string]*yaml.Node{
		"metadata.yaml": {Kind: yaml.MappingNode, Content: p.metadata},
		"config.yaml":   p.config,
		"actions.yaml":  p.actions,
	} {
		if node == nil {
			continue
		}
		text, err := yaml.Marshal(node)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all[name] = text
	}
	return all, nil
}

type manifestYAML struct {
	Analysis struct {
		Attributes []attributeYAML `yaml:"attributes"`
	} `yaml:"analysis"`
	Bases []baseYAML `yaml:"bases"`
}

type attributeYAML struct {
	Name   string `yaml:"name"`
	Result string `yaml:"result"`
}

type baseYAML struct {
	Name          string   `yaml:"name"`
	Channel       string   `yaml:"channel"`
	Architectures []string `yaml:"architectures"`
}

// manifest says where the charm runs. Charmcraft also writes its version and the time, which would differ each time; its
// analysis knows Python only, and says unknown of these charms.
func manifest(platforms ...platform) ([]byte, error) {
	var m manifestYAML
	m.Analysis.Attributes = []attributeYAML{{"language", "unknown"}, {"framework", "unknown"}}
	for _, p := range platforms {
		m.Bases = append(m.Bases, baseYAML{Name: p.base, Channel: p.channel, Architectures: []string{p.arch}})
	}
	return yaml.Marshal(m)
}
