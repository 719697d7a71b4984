package connectors

import (
	"encoding/json"
	"maps"
	"slices"

	"connectcharms/requirer-lib/connect"
)

// Overlay is what a connector has changed of its configuration itself, such as a credential that it has renewed. It lies over
// what its owner has declared, and is noted in a mark, so that whoever plans leaves it there: also one that knows nothing of
// the connector but what the cluster has.
type Overlay struct {
	Keys map[string]Laid `json:"keys,omitempty"`
	// Halted is of a connector that is kept stopped, because what it wanted to change does not conform: the Base of what was
	// declared of it then. Empty: it is not kept stopped.
	Halted Base `json:"halted,omitempty"`
}

// Laid is one key that lies over what was declared.
type Laid struct {
	Version int64 `json:"version"` // of the overlay, when the key was given this value
	Base    Base  `json:"base"`    // what it lies over
}

// isEmpty says whether nothing is laid over anything.
func (o Overlay) isEmpty() bool { return len(o.Keys) == 0 && o.Halted == "" }

// mark is the overlay as it is noted; the same text for the same overlay.
func (o Overlay) mark() string {
	if o.isEmpty() {
		return ""
	}
	text, _ := json.Marshal(o) // texts and numbers can always be encoded
	return string(text)
}

// readOverlay undoes mark. Somebody may have written anything there: what is none is no overlay.
func readOverlay(mark string) (read Overlay) {
	if json.Unmarshal([]byte(mark), &read) != nil {
		return Overlay{}
	}
	return read
}

// OverlayOf is what is noted in a connector's configuration, as the cluster has it.
func OverlayOf(config connect.Settings) Overlay { return readOverlay(config[overlayKey]) }

// Equal says whether two say the same.
func (o Overlay) Equal(other Overlay) bool { return o.mark() == other.mark() }

// keys are those that lie over what was declared, in order.
func (o Overlay) keys() []string { return slices.Sorted(maps.Keys(o.Keys)) }

// isHalted says whether it is kept stopped.
func (c Connector) isHalted() bool { return c.Overlay != nil && c.Overlay.Halted != "" }

// reasonHalted is why a connector is kept stopped.
const reasonHalted = "a control message of its own did not conform to its definition"

// keeping is a connector as it is to be, with what the cluster says that it has changed itself. Where its owner knows that
// (Overlay is not nil), its owner knows better. A key that was declared otherwise since is as it is declared.
func keeping(wanted Connector, found Found) Connector {
	if wanted.Overlay != nil || found.overlay.isEmpty() {
		return wanted
	}
	kept := Overlay{Keys: map[string]Laid{}}
	config := maps.Clone(wanted.Config)
	for key, laid := range found.overlay.Keys {
		declared, is := wanted.Config[key]
		if isReserved(key) || !laid.Base.Is(declared, is) {
			continue
		}
		kept.Keys[key] = laid
		delete(config, key)
		if value, has := found.Config[key]; has {
			config[key] = value
			if found.isSecret(key) {
				wanted.Secret = append(slices.Clip(wanted.Secret), key)
			}
		}
	}
	if halted := found.overlay.Halted; halted != "" && halted.IsOf(wanted) {
		kept.Halted, wanted.State = halted, connect.Stopped
	}
	wanted.Config, wanted.Overlay = config, &kept
	return wanted
}

// keepingAll is keeping for all connectors that are there as their owner's.
func keepingAll(desired Desired, there map[string]Found) Desired {
	kept := maps.Clone(desired)
	for name, wanted := range desired {
		if found, is := there[name]; is && found.Owned {
			kept[name] = keeping(wanted, found)
		}
	}
	return kept
}
