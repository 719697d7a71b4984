package jujutest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v4"
)

// toolOutput is the part of a tool that prints: --format, and -o to print into a file.
type toolOutput struct {
	format string
	path   string
}

// flags adds the output's options. The formats are yaml and json, and smart unless the default is another.
func (o *toolOutput) flags(f *flagSet, preset string) {
	o.format = preset
	f.value(func(format string) error {
		if format != "yaml" && format != "json" && (format != "smart" || preset != "smart") {
			return fmt.Errorf("unknown format %q", format)
		}
		o.format = format
		return nil
	}, "format")
	f.text(&o.path, "o", "output")
}

// write prints value as the command line asked for.
func (o *toolOutput) write(c *toolCall, value any) error {
	text, err := formatValue(o.format, value)
	if err != nil {
		return err
	}
	if o.path == "" {
		_, err = c.stdout.Write(text)
		return err
	}
	path := o.path
	if !filepath.IsAbs(path) {
		path = filepath.Join(c.dir, path)
	}
	return os.WriteFile(path, text, 0o644)
}

func formatValue(format string, value any) ([]byte, error) {
	switch format {
	case "json":
		text, err := json.Marshal(value)
		return append(text, '\n'), err
	case "yaml":
		return formatYAML(value)
	}
	return formatSmart(value)
}

// formatSmart is Juju's default: text and lists of text as lines, truth as True and False, the rest as YAML.
func formatSmart(value any) ([]byte, error) {
	var text string
	switch value := value.(type) {
	case string:
		text = value
	case []string:
		text = strings.Join(value, "\n")
	case bool:
		text = "False"
		if value {
			text = "True"
		}
	default:
		return formatYAML(value)
	}
	if text == "" {
		return nil, nil
	}
	return []byte(text + "\n"), nil
}

// formatYAML writes YAML in the layout of the library that Juju uses: two columns, lists not indented.
func formatYAML(value any) ([]byte, error) {
	if value == nil {
		return nil, nil
	}
	text, err := yaml.Dump(value, yaml.WithV2Defaults(), yaml.WithCompactSeqIndent())
	if err != nil {
		return nil, err
	}
	if text = bytes.TrimRight(text, "\n"); len(text) == 0 {
		return nil, nil
	}
	return append(text, '\n'), nil
}
