package connectors

import (
	"encoding/json"
	"maps"
	"slices"

	"connectcharms/requirer-lib/connect"
)

// Marks are keys that the owner writes into a connector's configuration in Kafka Connect, where plugins do not look at
// them. So they are there whoever asks, and as long as the connector is: also when the file that it came from is lost, or
// no longer has it. They are never shown as a difference.
const (
	managerKey   = "connect.manager"           // whose it is, where owners are told by a mark
	protectedKey = "connect.manager.protected" // "true": it is not deleted
	hiddenKey    = "connect.manager.hidden"    // JSON array: keys with a secret that do not go by a secret's name
	offsetsKey   = "connect.manager.offsets"   // "pending": it was created, and is still to be given its offsets
	overlayKey   = "connect.manager.overlay"   // JSON: the keys that the connector has changed itself (Overlay)
)

const offsetsPending = "pending"

// marks are what those keys say. Two are the same when == says so.
type marks struct {
	manager   string
	protected bool
	hidden    string
	pending   bool
	overlay   string
}

// marksOf are those that a connector is to have.
func (o Owned) marksOf(c Connector) marks {
	m := marks{manager: string(o.Mark), protected: c.Protected, hidden: hiddenKeys(c)}
	if c.Overlay != nil {
		m.overlay = c.Overlay.mark()
	}
	return m
}

func hiddenKeys(c Connector) string {
	var keys []string
	for _, key := range c.Secret {
		if _, has := c.Config[key]; has && !connect.IsSecret(key) {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return ""
	}
	slices.Sort(keys)
	text, _ := json.Marshal(slices.Compact(keys)) // texts can always be encoded
	return string(text)
}

// written is a configuration as it goes to Kafka Connect.
func (m marks) written(config connect.Settings) connect.Settings {
	whole := connect.Settings{}
	maps.Copy(whole, config)
	for key, value := range map[string]string{managerKey: m.manager, hiddenKey: m.hidden, overlayKey: m.overlay} {
		if value != "" {
			whole[key] = value
		}
	}
	if m.protected {
		whole[protectedKey] = "true"
	}
	if m.pending {
		whole[offsetsKey] = offsetsPending
	}
	return whole
}

// readMarks undoes written.
func readMarks(whole connect.Settings) (config connect.Settings, read marks) {
	config = maps.Clone(whole)
	for _, key := range []string{nameKey, managerKey, protectedKey, hiddenKey, offsetsKey, overlayKey} {
		delete(config, key)
	}
	return config, marks{
		manager:   whole[managerKey],
		protected: whole[protectedKey] == "true",
		hidden:    whole[hiddenKey],
		pending:   whole[offsetsKey] == offsetsPending,
		overlay:   readOverlay(whole[overlayKey]).mark(),
	}
}
