package state

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

func (f *findings) readYAML(data []byte) *node {
	loader, err := yaml.NewLoader(bytes.NewReader(data), yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(maxDepth))))
	if err != nil {
		f.add(Problem{Message: "no YAML can be read: " + err.Error()})
		return nil
	}
	var first yaml.Node
	if err := loader.Load(&first); errors.Is(err, io.EOF) {
		return nil
	} else if err != nil {
		f.add(syntaxProblem(data, err))
		return nil
	}
	var second yaml.Node
	if err := loader.Load(&second); !errors.Is(err, io.EOF) {
		problem := Problem{Line: second.Line, Column: second.Column}
		if err != nil {
			problem = syntaxProblem(data, err)
		}
		problem.Message = "there is more than one document: write all connectors in one"
		f.add(problem)
		return nil
	}
	return f.fromYAML(first.Content[0])
}

// unknownAnchor is the one message of the parser that quotes the text: *hunter2 may be meant to be a password.
var unknownAnchor = regexp.MustCompile(`unknown anchor '.*'`)

func syntaxProblem(data []byte, err error) Problem {
	told := new(yaml.LoadError)
	if !errors.As(err, &told) {
		return Problem{Message: "not YAML"}
	}
	problem := Problem{Line: told.Mark.Line, Column: told.Mark.Column}
	switch {
	case strings.HasPrefix(told.Message, "exceeded max depth"):
		problem.Message = tooDeep
	case bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")):
		return jsonSyntaxProblem(data)
	default:
		problem.Message = "not YAML: " + unknownAnchor.ReplaceAllString(told.Message, "unknown anchor")
	}
	return problem
}

// fromYAML takes what is the same in JSON, and finds fault with the rest. It goes on after each fault, to tell all.
func (f *findings) fromYAML(from *yaml.Node) *node {
	n := &node{place: place{from.Line, from.Column}}
	switch {
	case from.Kind == yaml.AliasNode || from.Anchor != "":
		f.at(n.place, "anchors (&) and aliases (*) are not read: write it out")
	case from.Style&yaml.TaggedStyle != 0:
		f.at(n.place, "tags (!) are not read: quote a text that begins with !")
	}
	switch from.Kind {
	case yaml.MappingNode:
		n.kind = mapping
		f.entriesFromYAML(n, from.Content)
	case yaml.SequenceNode:
		n.kind = list
		for _, item := range from.Content {
			n.items = append(n.items, f.fromYAML(item))
		}
	case yaml.AliasNode:
		n.kind = broken
	default:
		n.kind, n.value = scalarKind(from), from.Value
	}
	return n
}

func scalarKind(from *yaml.Node) kind {
	switch from.ShortTag() {
	case "!!null":
		return null
	case "!!bool":
		return boolean
	case "!!int", "!!float":
		return number
	}
	return text
}

func (f *findings) entriesFromYAML(n *node, content []*yaml.Node) {
	lines := map[string]int{}
	defer func() { n.partial = len(n.entries) < len(content)/2 }()
	for i := 0; i+1 < len(content); i += 2 {
		key, value := content[i], content[i+1]
		at := place{key.Line, key.Column}
		switch {
		case key.ShortTag() == "!!merge":
			f.at(at, "merge keys (<<) are not read: write it out")
		case key.Kind != yaml.ScalarNode, key.Anchor != "", key.Style&yaml.TaggedStyle != 0:
			f.at(at, "a key must be a text")
		default:
			f.enter(n, entry{at, key.Value, f.fromYAML(value)}, lines)
		}
	}
}
