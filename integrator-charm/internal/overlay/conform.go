package overlay

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"connectcharms/integrator-charm/internal/pattern"
	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/secret"
)

// What an overlay is held to. A configuration is one record of Kafka, of 1 MiB at most.
const (
	longestKey   = 255      // bytes
	longestValue = 64 << 10 // likewise
	mostKeys     = 200      // in an overlay
	mostBytes    = 256 << 10
)

// Permit is what a connector may change.
type Permit struct {
	// Patterns name the keys. Nil: all that its plugin declares, and those that it has, but what is Kafka Connect's own.
	Patterns []string
	// Connector is its name in Kafka Connect.
	Connector string
	// Declares says whether the plugin's definition has a key.
	Declares func(key string) bool
}

// Trim leaves out of a message what is so already, and is not for the connector to change: many send all that they have.
func (p Permit) Trim(m Message, inForce map[string]string) Message {
	m.Set = maps.Clone(m.Set)
	maps.DeleteFunc(m.Set, func(key string, value secret.Value) bool {
		is, has := inForce[key]
		if key == nameKey {
			is, has = p.Connector, true
		}
		return has && is == value.Reveal() && p.refusal(key, inForce) != ""
	})
	return m
}

// Check says what of a message the connector may not say, whatever its plugin thinks of it.
func (p Permit) Check(m Message, inForce map[string]string) (problems []Problem) {
	for _, key := range m.Keys() {
		reason := p.refusal(key, inForce)
		if value, is := m.Set[key]; is && reason == "" {
			reason = unfit(value.Reveal())
		}
		if reason != "" {
			problems = append(problems, Problem{Field: shown(key), Reason: reason})
		}
	}
	return problems
}

const (
	nameKey  = "name"
	classKey = "connector.class"
)

// refusal is why a key is not the connector's to change; empty: it is.
func (p Permit) refusal(key string, inForce map[string]string) string {
	_, has := inForce[key]
	switch {
	case len(key) > longestKey:
		return fmt.Sprintf("is longer than %d bytes", longestKey)
	case key == nameKey, key == classKey, strings.HasPrefix(key, "connect.manager"):
		return "is not for a connector to change"
	case p.Patterns != nil && !slices.ContainsFunc(p.Patterns, func(one string) bool { return pattern.Fits(one, key) }):
		return "is not for this connector to change, says control.keys of the state file"
	case p.Patterns == nil && isOfConnect(key):
		return "is Kafka Connect's own: control.keys of the state file may name it for this connector to change"
	case p.Patterns == nil && !has && !p.Declares(key):
		return "is no key that its plugin knows"
	}
	return ""
}

// ofConnect are keys that every connector can have: they say how Kafka Connect treats it, and reach beyond it.
var ofConnect = regexp.MustCompile(`^(tasks\.max(\..*)?|topics|topics\.regex|topic\.creation\..*|transforms(\..*)?|predicates(\..*)?|` +
	`(key|value|header)\.converter(\..*)?|(producer|consumer|admin)\.override\..*|errors\..*|config\.action\.reload|` +
	`(connector\.)?plugin\.version|exactly\.once\.support|transaction\.boundary.*|offsets\.storage\.topic)$`)

func isOfConnect(key string) bool { return ofConnect.MatchString(key) }

// provider is what a worker would look up: a file of another connector's, or its own.
var provider = regexp.MustCompile(`\$\{[^}]*:[^}]*\}`)

func unfit(value string) string {
	switch {
	case len(value) > longestValue:
		return fmt.Sprintf("has a value of more than %d bytes", longestValue)
	case provider.MatchString(value):
		return "has a value that refers to a configuration provider: what that would give is not the connector's to ask for"
	}
	return ""
}

// IsTooMuch says why an overlay cannot be had.
func (o Overlay) IsTooMuch() (problems []Problem) {
	bytes := 0
	for name, key := range o.Keys {
		bytes += len(name) + len(key.Value.Reveal())
	}
	if len(o.Keys) > mostKeys {
		problems = append(problems, Problem{Reason: fmt.Sprintf("comes to more than %d changed keys", mostKeys)})
	}
	if bytes > mostBytes {
		problems = append(problems, Problem{Reason: fmt.Sprintf("comes to more than %d bytes of changed values", mostBytes)})
	}
	return problems
}

// Blame is what a plugin finds wrong with a configuration because of a message: all about the keys that it changes, and of the
// others what was not wrong before. after and before are the texts by key; hide takes out secrets.
func Blame(changed []string, after, before map[string][]string, hide func(string) string) (problems []Problem) {
	for _, key := range slices.Sorted(maps.Keys(after)) {
		for i, text := range after[key] {
			if i > 0 && strings.Contains(text, ofNull) {
				continue
			}
			if slices.Contains(changed, key) || !slices.Contains(before[key], text) {
				problems = append(problems, Problem{Field: shown(key), Reason: hide(text)})
			}
		}
	}
	return problems
}

// ofNull is what Kafka's validators say of a value that could not be read: what was wrong with that is said before.
const ofNull = "Value must be non-null"

// IsSecret says which keys are secret: those that a plugin declares to be passwords, that somebody has named, and those that go
// by a secret's name and may be one by their type.
func IsSecret(definitions map[string]connect.FieldDefinition, named []string) func(key string) bool {
	return func(key string) bool {
		switch kind := definitions[key].Type; {
		case kind == "PASSWORD", slices.Contains(named, key):
			return true
		case kind == "", kind == "STRING", kind == "LIST":
			return connect.IsSecret(key)
		}
		return false
	}
}

// longestShown is how much of a key that a connector has chosen is shown, in bytes.
const longestShown = 120

func shown(key string) string {
	if len(key) > longestShown {
		cut := longestShown
		for !utf8.RuneStart(key[cut]) {
			cut--
		}
		key = key[:cut] + "…"
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, key)
}
