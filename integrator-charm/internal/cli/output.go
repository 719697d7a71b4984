package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"

	"go.yaml.in/yaml/v4"
)

// The formats of -o.
const (
	outputText = "text"
	outputJSON = "json"
	outputYAML = "yaml"
	outputName = "name"
)

// write puts out a document, in the format that was asked for; text says how a person reads it.
func (s *session) write(document any, text func()) error {
	switch s.flags.output {
	case outputJSON:
		return s.writeJSON(document)
	case outputYAML:
		return s.writeYAML(document)
	}
	text()
	return nil
}

// writeOne writes one document of a stream: a line of JSON each, or a document of YAML.
func (s *session) writeOne(document any, text func()) error {
	switch s.flags.output {
	case outputJSON:
		return json.NewEncoder(s.Out).Encode(document)
	case outputYAML:
		_, _ = fmt.Fprintln(s.Out, "---")
		return s.writeYAML(document)
	}
	text()
	return nil
}

func (s *session) writeJSON(document any) error {
	encoder := json.NewEncoder(s.Out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(document)
}

// writeYAML has the same keys, in the same order, as JSON.
func (s *session) writeYAML(document any) error {
	var encoded bytes.Buffer
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(document); err != nil {
		return err
	}
	var node yaml.Node
	if err := yaml.Unmarshal(encoded.Bytes(), &node); err != nil {
		return err
	}
	unquote(&node)
	text, err := yaml.Dump(&node)
	if err != nil {
		return err
	}
	_, err = s.Out.Write(text)
	return err
}

// oldBooleans are words that readers of YAML 1.1 take for true or false; the encoder writes YAML 1.2, in which they are texts.
var oldBooleans = regexp.MustCompile(`(?i)^(y|n|yes|no|on|off)$`)

// unquote has a document that was JSON written in YAML's own way; the encoder quotes what would be read otherwise.
func unquote(node *yaml.Node) {
	if node.Kind != yaml.ScalarNode || !oldBooleans.MatchString(node.Value) {
		node.Style = 0
	}
	for _, below := range node.Content {
		unquote(below)
	}
}

// printf tells a person what was asked for.
func (s *session) printf(format string, args ...any) {
	_, _ = fmt.Fprint(s.Out, printable(fmt.Sprintf(format, args...)))
}

// note tells a person something beside.
func (s *session) note(format string, args ...any) {
	_, _ = fmt.Fprintln(s.Err, printable(fmt.Sprintf(format, args...)))
}

// warned says, before anything else, which connections will not do.
func (s *session) warned(warnings []string) {
	for _, warning := range warnings {
		s.note("Warning: %s", warning)
	}
}
