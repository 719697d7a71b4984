package settings

import (
	"bytes"
	"fmt"
	"os"

	"go.yaml.in/yaml/v4"

	"connectcharms/requirer-lib/atomicfile"
)

const currentKey = "current-context"

// SetCurrent writes into the file which context is the current one, and leaves the rest of it as it is, comments
// included.
func (s *Settings) SetCurrent(name string) error {
	if _, err := s.named(name); err != nil {
		return err
	}
	text, err := read(s.Path)
	if err != nil {
		return fmt.Errorf("read the configuration: %w", err)
	}
	changed, err := withCurrent(text, name)
	if err != nil {
		return fmt.Errorf("%s: %w", s.Path, err)
	}
	found, err := os.Stat(s.Path)
	if err != nil {
		return fmt.Errorf("read the configuration: %w", err)
	}
	if err := atomicfile.Write(s.Path, changed, found.Mode().Perm()); err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	s.CurrentContext = name
	return nil
}

// withCurrent changes one line, or adds it at the top of the mapping.
func withCurrent(text []byte, name string) ([]byte, error) {
	var document yaml.Node
	if err := yaml.Load(text, &document); err != nil {
		return nil, err
	}
	root := document.Content[0]
	line := currentKey + ": " + name
	lines := bytes.SplitAfter(text, []byte("\n"))
	at, replaces := root.Line-1, false
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value == currentKey {
			at, replaces = root.Content[i].Line-1, true
		}
	}
	if root.Style&yaml.FlowStyle != 0 {
		return nil, fmt.Errorf("write %q into it: it is not in lines", line)
	}
	var changed []byte
	for i, each := range lines {
		if i == at {
			changed = append(changed, line+"\n"...)
		}
		if i != at || !replaces {
			changed = append(changed, each...)
		}
	}
	return changed, verify(changed, name)
}

// verify makes sure that the line has become what was meant, whatever it was before.
func verify(text []byte, name string) error {
	var head struct {
		Current string `yaml:"current-context"`
	}
	if err := yaml.Load(text, &head, yaml.WithUniqueKeys()); err != nil || head.Current != name {
		return fmt.Errorf("write %q into it by hand: the line cannot be changed alone", currentKey+": "+name)
	}
	return nil
}
