package overlay

import (
	"maps"
	"slices"
	"time"

	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/secret"
)

// Overlay is what one connector has changed of its configuration. It is not changed in place: each change makes another one.
type Overlay struct {
	Connector string // its owner's name for it
	// Version grows with every change of what is laid, and never goes back: also not when all of it is cleared. 0: none yet.
	Version int64
	Keys    map[string]Key
	// Left is when that was emitted which a key had, or was given up for, when it left the overlay: a message from before does
	// not bring it back.
	Left   map[string]time.Time
	Halted *Halt
	// Recent are the last messages that came, the newest last: by their digests, one that comes twice is known.
	Recent []Met
	// Untold are changes that are not in the history yet, for they are not applied.
	Untold []Change
	// Files are what workers are to find by the references of keys: also those of before, until they are pruned.
	Files map[string]secret.Value
	// Sequence counts the changes of all overlays of a cluster; it is the number of the last one of this overlay. Placed is that of
	// the last one that brought a file.
	Sequence, Placed int64
	// Writes tells one state of it in memory from another.
	Writes int64
}

// Key is one key that lies over the state file.
type Key struct {
	Value secret.Value
	// Reference is what the configuration says instead of a secret value: where workers find it. Empty: the value is no secret.
	Reference string
	// File is what Reference leads to, in Overlay.Files.
	File    string
	Removed bool // the key is taken away

	EmittedAt time.Time
	TakenAt   time.Time
	By        string // who brought the message
	Version   int64  // of the overlay, when the key was given this value
	Base      connectors.Base
}

// IsSecret says whether the value is not to be shown.
func (k Key) IsSecret() bool { return k.Reference != "" }

// written is what the configuration in the cluster has.
func (k Key) written() string {
	if k.IsSecret() {
		return k.Reference
	}
	return k.Value.Reveal()
}

// meant is what the connector gets to see. Of a secret that only the workers know, it is the reference, which they look up.
func (k Key) meant() string {
	if k.IsSecret() && k.File == "" {
		return k.Reference
	}
	return k.Value.Reveal()
}

// Halt is why a connector is kept stopped.
type Halt struct {
	Since    time.Time `json:"since"`
	By       string    `json:"by"` // who brought the message
	Problems []Problem `json:"problems"`
	// Entry is what the state file said of the connector then: when that changes, it is not kept stopped any more.
	Entry connectors.Base `json:"entry"`
	// Held says that it was seen stopped. If it is not any more, somebody has set it going.
	Held bool `json:"held,omitempty"`
}

// Met is a message that came.
type Met struct {
	Digest   string    `json:"digest"`
	Problems []Problem `json:"problems,omitempty"` // where it did not conform
}

// Change is who has changed which keys.
type Change struct {
	By   string   `json:"by"`
	Keys []string `json:"keys"`
}

// mostRecent is how many messages are known again when they come twice. Older ones are told by when they were emitted.
const mostRecent = 64

// met notes a message.
func (o Overlay) met(one Met) Overlay {
	o.Recent = append(slices.Clone(o.Recent), one)
	o.Recent = slices.Clone(o.Recent[max(0, len(o.Recent)-mostRecent):])
	return o
}

// Knows says whether a message came before, and what was wrong with it then.
func (o Overlay) Knows(digest string) (problems []Problem, is bool) {
	at := slices.IndexFunc(o.Recent, func(one Met) bool { return one.Digest == digest })
	if at < 0 {
		return nil, false
	}
	return o.Recent[at].Problems, true
}

// changes notes who has changed keys, until it is in the history.
func (o Overlay) changes(by string, keys []string) Overlay {
	o.Untold = slices.Clone(o.Untold)
	at := slices.IndexFunc(o.Untold, func(one Change) bool { return one.By == by })
	if at < 0 {
		o.Untold = append(o.Untold, Change{By: by})
		at = len(o.Untold) - 1
	}
	all := append(slices.Clone(o.Untold[at].Keys), keys...)
	slices.Sort(all)
	o.Untold[at].Keys = slices.Compact(all)
	return o
}

// Told is when all changes are in the history.
func (o Overlay) Told() Overlay {
	o.Untold = nil
	return o
}

// clone is a copy whose maps can be changed.
func (o Overlay) clone() Overlay {
	o.Keys, o.Left, o.Files = cloned(o.Keys), cloned(o.Left), cloned(o.Files)
	return o
}

func cloned[V any](of map[string]V) map[string]V {
	if of == nil {
		return map[string]V{}
	}
	return maps.Clone(of)
}

// leave takes a key out. A message from before does not bring it back.
func (o Overlay) leave(key string) {
	if at := o.Keys[key].EmittedAt; at.After(o.Left[key]) {
		o.Left[key] = at
	}
	delete(o.Keys, key)
}
