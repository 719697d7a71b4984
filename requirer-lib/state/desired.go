package state

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/secret"
)

// Desired is the file with its references resolved. The error is Problems: all references that lead nowhere, those of the
// owners too.
func (f *File) Desired(from Secrets) (connectors.Desired, error) {
	found := &findings{file: f.name}
	desired := connectors.Desired{}
	for _, c := range f.Connectors {
		lookUp := func(of field, value Value) secret.Value {
			text, err := value.Resolve(from)
			if err != nil {
				found.add(f.problem(c.Name, of, err.Error()))
			}
			return text
		}
		desired[c.Name] = c.desired(lookUp)
		lookUp(field{inOwner, "webhook"}, c.Owner.Webhook)
		lookUp(field{inOwner, "chat"}, c.Owner.Chat)
	}
	return desired, found.problems().asError()
}

// DesiredOf is Desired for one connector alone; false where the file has none of this name.
func (f *File) DesiredOf(name string, from Secrets) (desired connectors.Connector, is bool, err error) {
	at := slices.IndexFunc(f.Connectors, func(c Connector) bool { return c.Name == name })
	if at < 0 {
		return desired, false, nil
	}
	found := &findings{file: f.name}
	desired = f.Connectors[at].desired(func(of field, value Value) secret.Value {
		text, err := value.Resolve(from)
		if err != nil {
			found.add(f.problem(name, of, err.Error()))
		}
		return text
	})
	return desired, true, found.problems().asError()
}

func (c Connector) desired(lookUp func(field, Value) secret.Value) connectors.Connector {
	desired := connectors.Connector{Config: connect.Settings{}, State: c.State, Protected: c.Protected, Offsets: c.Offsets}
	for _, key := range slices.Sorted(maps.Keys(c.Config)) {
		value := c.Config[key]
		if _, is := value.Reference(); is {
			desired.Secret = append(desired.Secret, key)
		}
		desired.Config[key] = lookUp(field{inConfig, key}, value).Reveal()
	}
	for _, key := range c.Control.Secret {
		if _, has := c.Config[key]; has && !slices.Contains(desired.Secret, key) {
			desired.Secret = append(desired.Secret, key)
		}
	}
	return desired
}

// Resolve gives the text that a value stands for. The error says where it leads, and to nothing.
func (v Value) Resolve(from Secrets) (secret.Value, error) {
	reference, is := v.Reference()
	if !is {
		return secret.New(v.text), nil
	}
	if reference.Env != "" {
		value, is := from.Env(reference.Env)
		if !is {
			return value, fmt.Errorf("%s leads nowhere: the variable is not set", reference)
		}
		return value, nil
	}
	value, err := from.Secret(reference.Secret, reference.Key)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return secret.Value{}, fmt.Errorf("%s leads nowhere: there is no such secret", reference)
	case err != nil:
		return secret.Value{}, fmt.Errorf("%s leads nowhere: %w", reference, err)
	}
	return value, nil
}

// problem finds fault with a field of a connector, where the file says it; with one that it does not say, at the
// connector's name.
func (f *File) problem(connector string, of field, message string) Problem {
	said := f.wrote[connector]
	at := said.place
	if field, is := said.merged[of]; is {
		at = field.place
	}
	return Problem{
		File: f.name, Line: at.line, Column: at.column, Connector: connector, Field: of.String(),
		Message: "connector " + connector + ": " + of.String() + ": " + message,
	}
}
