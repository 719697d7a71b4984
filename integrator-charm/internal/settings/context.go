package settings

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// unnamed is the context of who has no file, and only the environment.
const unnamed = "default"

// Names are the contexts' of the file, in order.
func (s *Settings) Names() []string { return slices.Sorted(maps.Keys(s.Contexts)) }

// Current is the name of the current context: that of CONNECT_CONTEXT, else of current-context, else the only one that
// there is. Empty: there is none, or several and none is chosen.
func (s *Settings) Current() string {
	if name, _ := s.environ("CONNECT_CONTEXT"); name != "" {
		return name
	}
	if s.CurrentContext == "" && len(s.Contexts) == 1 {
		return s.Names()[0]
	}
	return s.CurrentContext
}

// Context gives a context by its name, as the file has it. The empty name is the current context, of which the
// environment's variables win over the file; without a file they are all there is. So a variable that has been forgotten
// does not lead a context that was asked for by name to another cluster.
func (s *Settings) Context(name string) (Context, error) {
	if name != "" {
		return s.named(name)
	}
	context := Context{Name: unnamed}
	switch current := s.Current(); {
	case current != "":
		var err error
		if context, err = s.named(current); err != nil {
			return Context{}, err
		}
	case len(s.Contexts) > 1:
		return Context{}, fmt.Errorf("which cluster? Name a context: %s", strings.Join(s.Names(), ", "))
	}
	context.override(s.environ)
	return context, nil
}

func (s *Settings) named(name string) (Context, error) {
	context, is := s.Contexts[name]
	if !is && len(s.Contexts) == 0 {
		return Context{}, fmt.Errorf("there is no context %q: %s has none", name, s.Path)
	}
	if !is {
		return Context{}, fmt.Errorf("there is no context %q: %s has %s", name, s.Path, strings.Join(s.Names(), ", "))
	}
	return context, nil
}

// Served are the contexts that the daemon works on.
func (s *Settings) Served() ([]Context, error) {
	if len(s.Serve.Contexts) == 0 {
		context, err := s.Context("")
		return []Context{context}, err
	}
	var all []Context
	for _, name := range s.Serve.Contexts {
		context, err := s.named(name)
		if err != nil {
			return nil, fmt.Errorf("serve: %w", err)
		}
		all = append(all, context)
	}
	return all, nil
}
