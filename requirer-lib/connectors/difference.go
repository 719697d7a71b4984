package connectors

import (
	"maps"
	"slices"

	"connectcharms/requirer-lib/connect"
)

// KeyChange is one key of a configuration that is not as desired.
type KeyChange struct {
	Key string `json:"key"`
	// Old and New are the values; nil: the key is not there, or its value is secret.
	Old *string `json:"old,omitempty"`
	New *string `json:"new,omitempty"`
	// Secret says that the values are not to be shown, or that one of them has a secret in it.
	Secret bool `json:"secret,omitempty"`
	// Overlay says that the connector has changed the key itself, and that the new value is its own.
	Overlay bool `json:"overlay,omitempty"`
}

// difference lists the keys that are not the same, in order.
func difference(wanted Connector, found Found) []KeyChange {
	var keys []string
	for key, value := range wanted.Config {
		if there, is := found.Config[key]; !is || there != value {
			keys = append(keys, key)
		}
	}
	for key := range found.Config {
		if _, is := wanted.Config[key]; !is {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	slices.Sort(keys)
	var changes []KeyChange
	hidden := secretsOf(wanted, found)
	for _, key := range keys {
		changes = append(changes, keyChange(key, wanted, found, hidden))
	}
	return changes
}

func keyChange(key string, wanted Connector, found Found, hidden []string) KeyChange {
	change := KeyChange{Key: key, Secret: wanted.isSecret(key) || found.isSecret(key)}
	if old, is := found.Config[key]; is {
		change.Old = &old
		change.Secret = change.Secret || connect.RedactTexts(old, hidden...) != old
	}
	if value, is := wanted.Config[key]; is {
		change.New = &value
		change.Secret = change.Secret || connect.RedactTexts(value, hidden...) != value
	}
	if change.Secret {
		change.Old, change.New = nil, nil
	}
	if wanted.Overlay != nil {
		_, change.Overlay = wanted.Overlay.Keys[key]
	}
	return change
}

// secretsOf are the secret values of a connector as it is to be and as it is: other values may have them in the middle,
// and traces quote them.
func secretsOf(wanted Connector, found Found) []string {
	texts := map[string]bool{}
	for _, config := range []connect.Settings{wanted.Config, found.Config} {
		for key, value := range config {
			if wanted.isSecret(key) || found.isSecret(key) {
				texts[value] = true
			}
		}
	}
	return slices.Collect(maps.Keys(texts))
}
