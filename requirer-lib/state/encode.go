package state

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Format is how a file is written.
type Format string

// The formats.
const (
	YAML Format = "yaml"
	JSON Format = "json"
)

func (f Format) encode(root *node) ([]byte, error) {
	if f == JSON {
		var text bytes.Buffer
		root.writeJSON(&text, "\n")
		return append(text.Bytes(), '\n'), nil
	}
	text, err := yaml.Dump(root.toYAML(), yaml.WithV4Defaults(), yaml.WithLineWidth(-1))
	if err != nil {
		return nil, fmt.Errorf("write a state file: %w", err)
	}
	return text, nil
}

// writeJSON writes with two more blanks for each level; indent is a line end and the blanks of the level.
func (n *node) writeJSON(to *bytes.Buffer, indent string) {
	inner := indent + "  "
	switch n.kind {
	case mapping:
		writeItems(to, "{}", indent, len(n.entries), func(i int) {
			to.WriteString(quoted(n.entries[i].key) + ": ")
			n.entries[i].value.writeJSON(to, inner)
		})
	case list:
		writeItems(to, "[]", indent, len(n.items), func(i int) { n.items[i].writeJSON(to, inner) })
	case text:
		to.WriteString(quoted(n.value))
	case null:
		to.WriteString("null")
	default:
		to.WriteString(n.value)
	}
}

func writeItems(to *bytes.Buffer, ends, indent string, count int, write func(i int)) {
	to.WriteByte(ends[0])
	for i := range count {
		if i > 0 {
			to.WriteByte(',')
		}
		to.WriteString(indent + "  ")
		write(i)
	}
	if count > 0 {
		to.WriteString(indent)
	}
	to.WriteByte(ends[1])
}

// control are characters that JSON may have as they are, and a state file not.
var control = regexp.MustCompile("[\u007f-\u009f]")

func quoted(value string) string {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value) // a text can always be encoded
	return control.ReplaceAllStringFunc(strings.TrimSuffix(text.String(), "\n"), func(letter string) string {
		return fmt.Sprintf("\\u%04x", []rune(letter)[0])
	})
}

func (n *node) toYAML() *yaml.Node {
	switch n.kind {
	case mapping:
		to := &yaml.Node{Kind: yaml.MappingNode}
		if n.inline {
			to.Style = yaml.FlowStyle
		}
		for _, e := range n.entries {
			to.Content = append(to.Content, textNode(e.key), e.value.toYAML())
		}
		return to
	case list:
		to := &yaml.Node{Kind: yaml.SequenceNode}
		for _, item := range n.items {
			to.Content = append(to.Content, item.toYAML())
		}
		return to
	case text:
		return textNode(n.value)
	case null:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Value: n.value}
}

// needsNoQuotes is text that YAML of every version takes for text, with notText taken out.
var needsNoQuotes = regexp.MustCompile(`^[A-Za-z_/]([A-Za-z0-9_./@+:,-]*[A-Za-z0-9_./@+-])?$`)

var notText = []string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}

func textNode(value string) *yaml.Node {
	to := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value}
	if !needsNoQuotes.MatchString(value) || slices.Contains(notText, strings.ToLower(value)) {
		to.Style = yaml.DoubleQuotedStyle
	}
	return to
}
