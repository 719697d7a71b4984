package state

import (
	"path"
	"slices"
	"strings"
)

// Control is what a connector may change of its own configuration, by control messages.
type Control struct {
	// Keys are patterns of the keys that it may change. Nil: those of its plugin's own; empty: none.
	Keys []string
	// Secret are keys whose values are secret, beside those that its plugin declares to be passwords, that the file refers to, and
	// that go by a secret's name.
	Secret []string
}

var controlFields = []string{"keys", "secret"}

// mostControlled is how many patterns, or keys, one list may have.
const mostControlled = 200

func (r reader) controlField(e entry, about string) any {
	if !slices.Contains(controlFields, e.key) {
		r.unknown(e, inControl, inControl, controlFields)
		return nil
	}
	if !r.is(e.value, about, list) {
		return nil
	}
	if len(e.value.items) > mostControlled {
		r.wrong(e.value.place, about, "has more than %d entries", mostControlled)
		return nil
	}
	names := []string{}
	for _, item := range e.value.items {
		if !r.controlled(e.key, item, about) {
			return nil
		}
		names = append(names, item.value)
	}
	return names
}

// controlled says whether this is a key, or a pattern of keys.
func (r reader) controlled(kind string, item *node, about string) bool {
	if !r.is(item, about, text) {
		return false
	}
	switch {
	case item.value == "" || len(item.value) > longestName:
		r.wrong(item.place, about, "must have keys of 1 to %d bytes", longestName)
	case kind == "keys" && !isPattern(item.value):
		r.wrong(item.place, about, "must have patterns, in which * is any text, ? one character, [ab] one of these")
	case isReserved(item.value):
		r.wrong(item.place, about, "has a key that is reserved: leave it out")
	default:
		return true
	}
	return false
}

func isPattern(text string) bool {
	_, err := path.Match(strings.ReplaceAll(text, "/", "_"), "")
	return err == nil
}

func (c *Control) set(key string, names []string) {
	switch key {
	case "keys":
		c.Keys = names
	case "secret":
		c.Secret = names
	}
}

func (c Control) exported() *node {
	n := &node{kind: mapping}
	if c.Keys != nil {
		n.has("keys", asTexts(c.Keys))
	}
	if c.Secret != nil {
		n.has("secret", asTexts(c.Secret))
	}
	return n
}

func asTexts(values []string) *node {
	n := &node{kind: list}
	for _, value := range values {
		n.items = append(n.items, asText(value))
	}
	return n
}
