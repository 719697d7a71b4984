package state

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/secret"
)

// ExistingOptions are about making a file of what a cluster has. The zero value will do.
type ExistingOptions struct {
	// Manager is whose connectors they are; empty: DefaultManager.
	Manager string
	// IsPassword says whether a plugin declares a field to be a password (type PASSWORD of connect.FieldDefinition). Nil: what
	// is secret goes by the names of keys, by what the connector's owner has noted, and by passwords in URLs.
	IsPassword func(class, key string) bool
}

// Exported is what a cluster has, as a file.
type Exported struct {
	File *File
	// Secrets are what the file refers to: not in it, but needed with it.
	Secrets map[Reference]secret.Value
	// LeftOut are connectors that no file can have, and why.
	LeftOut map[string]error
}

// Existing makes a file of connectors that there are. What is secret is referred to, as a secret of the connector's name
// with the key of the configuration. Kafka Connect's own references, ${…}, stay as they are.
func Existing(there map[string]connectors.Found, options ExistingOptions) Exported {
	exported := Exported{
		File: &File{Manager: options.Manager}, Secrets: map[Reference]secret.Value{}, LeftOut: map[string]error{},
	}
	if options.Manager == "" {
		exported.File.Manager = DefaultManager
	}
	for _, name := range slices.Sorted(maps.Keys(there)) {
		found := there[name]
		switch err := connect.CheckName(name); {
		case err != nil:
			exported.LeftOut[name] = err
		case len(name) > longestName:
			exported.LeftOut[name] = errors.New("its name is too long")
		case found.Config[classKey] == "":
			exported.LeftOut[name] = errors.New("it has no " + classKey)
		default:
			exported.File.Connectors = append(exported.File.Connectors, exported.connector(name, found, options))
		}
	}
	return exported
}

func (e *Exported) connector(name string, found connectors.Found, options ExistingOptions) Connector {
	c := Connector{
		Name: name, State: connect.Running, Config: map[string]Value{}, Restart: DefaultRestart, Protected: found.Protected,
	}
	if is := found.Status.Connector.State; is == connect.Paused || is == connect.Stopped {
		c.State = is
	}
	for _, key := range slices.Sorted(maps.Keys(found.Config)) {
		value := found.Config[key]
		if isReserved(key) {
			continue
		}
		if c.Config[key] = Text(value); isSecret(found, key, options) {
			reference := e.reference(name, key)
			c.Config[key], e.Secrets[reference] = From(reference), secret.New(value)
		}
	}
	return c
}

// providers is a value that Kafka Connect's configuration providers give, and nothing beside.
var providers = regexp.MustCompile(`^\$\{[^{}]*\}$`)

func isSecret(found connectors.Found, key string, options ExistingOptions) bool {
	value := found.Config[key]
	switch {
	case value == "" || providers.MatchString(value):
		return false
	case connect.IsSecret(key), slices.Contains(found.Secret, key), connect.RedactTexts(value) != value:
		return true
	}
	return options.IsPassword != nil && options.IsPassword(found.Config[classKey], key)
}

// notInSecretPart is what a key of a configuration may have, and a file's name not.
var notInSecretPart = regexp.MustCompile(`[^A-Za-z0-9._-]`)

// reference names a secret after what it is for.
func (e *Exported) reference(connector, key string) Reference {
	key = notInSecretPart.ReplaceAllString(key, "_")
	if len(key) > longestName || !isSecretPart(key) {
		key = strings.Repeat("_", 2)
	}
	reference := Reference{Secret: connector, Key: key}
	for _, taken := e.Secrets[reference]; taken; _, taken = e.Secrets[reference] {
		reference.Key += "_"
	}
	return reference
}
