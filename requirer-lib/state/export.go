package state

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"connectcharms/requirer-lib/connect"
)

// Export writes a file, connectors by name, so that Parse gives the same. What its defaults and environment said is written
// out with each connector.
func (f *File) Export(format Format) ([]byte, error) {
	sorted := slices.Clone(f.Connectors)
	slices.SortStableFunc(sorted, func(a, b Connector) int { return strings.Compare(a.Name, b.Name) })
	root, entries := &node{kind: mapping}, &node{kind: list}
	if f.Manager != DefaultManager {
		root.has("manager", asText(f.Manager))
	}
	for _, connector := range sorted {
		entries.items = append(entries.items, connector.exported())
	}
	root.has("connectors", entries)
	return format.encode(root)
}

func (c Connector) exported() *node {
	n := (&node{kind: mapping}).has("name", asText(c.Name))
	n.hasMapping(inOwner, c.Owner.exported())
	if c.State != connect.Running {
		n.has(inState, asText(strings.ToLower(string(c.State))))
	}
	config := &node{kind: mapping}
	for _, key := range c.keys() {
		config.has(key, c.Config[key].exported())
	}
	n.has(inConfig, config)
	labels := &node{kind: mapping}
	for _, key := range slices.Sorted(maps.Keys(c.Labels)) {
		labels.has(key, asWritten(c.Labels[key]))
	}
	n.hasMapping(inLabels, labels)
	if len(c.Offsets) > 0 {
		n.has(inOffsets, exportedOffsets(c.Offsets))
	}
	n.hasMapping(inRestart, c.Restart.exported())
	n.hasMapping(inControl, c.Control.exported())
	if len(c.Connections) > 0 {
		n.has(inConnections, asTexts(c.Connections))
	}
	if c.Protected {
		n.has(inProtected, &node{kind: boolean, value: "true"})
	}
	return n
}

// keys are those of the configuration: the class, then the others in their order.
func (c Connector) keys() []string {
	keys := slices.Sorted(maps.Keys(c.Config))
	if i := slices.Index(keys, classKey); i > 0 {
		keys = slices.Insert(slices.Delete(keys, i, i+1), 0, classKey)
	}
	return keys
}

func (o Owner) exported() *node {
	n := &node{kind: mapping}
	for i, value := range []Value{Text(o.Team), Text(o.Email), o.Webhook, o.Chat, Text(o.OnCall)} {
		if reference, is := value.Reference(); is {
			n.has(ownerFields[i], reference.exported())
		} else if value.text != "" {
			n.has(ownerFields[i], asText(value.text))
		}
	}
	return n
}

func (r Restart) exported() *node {
	n := &node{kind: mapping}
	if r.Attempts != DefaultRestart.Attempts {
		n.has("attempts", &node{kind: number, value: strconv.Itoa(r.Attempts)})
	}
	waits := []time.Duration{r.Backoff, r.MaxBackoff, r.ResetAfter}
	for i, usual := range []time.Duration{DefaultRestart.Backoff, DefaultRestart.MaxBackoff, DefaultRestart.ResetAfter} {
		if waits[i] != usual {
			n.has(restartFields[i+1], asText(shortest(waits[i])))
		}
	}
	return n
}

// shortest writes a time without what is zero: 10m, and not 10m0s.
func shortest(wait time.Duration) string {
	text := wait.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-len("0s")]
		}
	}
	return text
}

func (v Value) exported() *node {
	if reference, is := v.Reference(); is {
		return reference.exported()
	}
	return asWritten(v.text)
}

func (r Reference) exported() *node {
	n := &node{kind: mapping, inline: true}
	for i, part := range []string{r.Env, r.Secret, r.Key} {
		if part != "" {
			n.has(referenceFields[i], asText(part))
		}
	}
	return n
}

func exportedOffsets(offsets []connect.Offset) *node {
	n := &node{kind: list}
	for _, offset := range offsets {
		n.items = append(n.items, (&node{kind: mapping}).has("partition", asPlain(offset.Partition)).has("offset", asPlain(offset.Offset)))
	}
	return n
}

// asPlain is what reader.plain reads.
func asPlain(value any) *node {
	switch value := value.(type) {
	case map[string]any:
		n := &node{kind: mapping}
		for _, key := range slices.Sorted(maps.Keys(value)) {
			n.has(key, asPlain(value[key]))
		}
		return n
	case []any:
		n := &node{kind: list}
		for _, item := range value {
			n.items = append(n.items, asPlain(item))
		}
		return n
	case string:
		return asText(value)
	}
	// What is left is a number, a boolean or nothing: its JSON is what it is.
	written, _ := json.Marshal(value)
	switch string(written) {
	case "null":
		return &node{kind: null}
	case "true", "false":
		return &node{kind: boolean, value: string(written)}
	}
	return &node{kind: number, value: string(written)}
}

func (n *node) has(key string, value *node) *node {
	n.entries = append(n.entries, entry{key: key, value: value})
	return n
}

// hasMapping leaves out an empty one.
func (n *node) hasMapping(key string, value *node) {
	if len(value.entries) > 0 {
		n.has(key, value)
	}
}

func asText(value string) *node { return &node{kind: text, value: value} }

// wholeNumber is one that is the same in YAML and JSON, and for people.
var wholeNumber = regexp.MustCompile(`^(0|-?[1-9][0-9]{0,14})$`)

// asWritten has numbers and booleans without quotes, where a text is kept as it is written.
func asWritten(value string) *node {
	switch {
	case wholeNumber.MatchString(value):
		return &node{kind: number, value: value}
	case value == "true" || value == "false":
		return &node{kind: boolean, value: value}
	}
	return asText(value)
}
