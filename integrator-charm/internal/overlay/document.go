package overlay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"time"

	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/secret"
)

// Document is all overlays of a cluster, with values: for whoever keeps them safe. As JSON it shows them, and in no other way.
type Document struct {
	// Version grows with every change of an overlay, and not when one is applied. 0: there were none yet.
	Version  int64             `json:"version"`
	Overlays []json.RawMessage `json:"overlays"`
	// Files are what workers are to find, by name.
	Files map[string]string `json:"files"`
}

// Format covers every verb of package fmt.
func (d Document) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, secret.Redacted) }

// LogValue covers package slog.
func (d Document) LogValue() slog.Value { return slog.StringValue(secret.Redacted) }

// NewDocument puts overlays together.
func NewDocument(all []Overlay) Document {
	document := Document{Overlays: []json.RawMessage{}, Files: map[string]string{}}
	for _, one := range all {
		document.Version = max(document.Version, one.Sequence)
		one.Untold, one.Recent = nil, nil
		text, _ := json.Marshal(written(one)) // texts, times and numbers can always be encoded
		document.Overlays = append(document.Overlays, text)
		for name, value := range one.Files {
			document.Files[name] = value.Reveal()
		}
	}
	return document
}

// All are the overlays of a document.
func (d Document) All() ([]Overlay, error) {
	var all []Overlay
	for _, text := range d.Overlays {
		one, err := Decode(text)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// kept is an overlay as it is written down, with its values.
type kept struct {
	Connector string               `json:"connector"`
	Version   int64                `json:"version"`
	Sequence  int64                `json:"sequence"`
	Placed    int64                `json:"placed,omitempty"`
	Keys      map[string]keptKey   `json:"keys"`
	Left      map[string]time.Time `json:"left,omitempty"`
	Halted    *Halt                `json:"halted,omitempty"`
	Recent    []Met                `json:"recent,omitempty"`
	Untold    []Change             `json:"untold,omitempty"`
	Files     map[string]string    `json:"files,omitempty"`
}

type keptKey struct {
	Value     string          `json:"value,omitempty"`
	Reference string          `json:"reference,omitempty"`
	File      string          `json:"file,omitempty"`
	Removed   bool            `json:"removed,omitempty"`
	EmittedAt time.Time       `json:"emittedAt"`
	TakenAt   time.Time       `json:"takenAt"`
	By        string          `json:"by"`
	Version   int64           `json:"version"`
	Base      connectors.Base `json:"base"`
}

// Encode writes an overlay down, with its values: to be sealed.
func (o Overlay) Encode() ([]byte, error) { return json.Marshal(written(o)) }

func written(o Overlay) kept {
	k := kept{
		Connector: o.Connector, Version: o.Version, Sequence: o.Sequence, Placed: o.Placed, Keys: map[string]keptKey{}, Left: o.Left, Halted: o.Halted,
		Recent: o.Recent, Untold: o.Untold, Files: map[string]string{},
	}
	for name, key := range o.Keys {
		k.Keys[name] = keptKey{
			key.Value.Reveal(), key.Reference, key.File, key.Removed, key.EmittedAt, key.TakenAt, key.By, key.Version, key.Base,
		}
	}
	for name, value := range o.Files {
		k.Files[name] = value.Reveal()
	}
	return k
}

// Decode undoes Encode.
func Decode(text []byte) (Overlay, error) {
	var k kept
	if err := json.Unmarshal(text, &k); err != nil {
		return Overlay{}, fmt.Errorf("read an overlay: %w", err)
	}
	o := Overlay{
		Connector: k.Connector, Version: k.Version, Sequence: k.Sequence, Placed: k.Placed, Left: k.Left, Halted: k.Halted, Recent: k.Recent, Untold: k.Untold,
	}.clone()
	for name, key := range k.Keys {
		o.Keys[name] = Key{
			secret.New(key.Value), key.Reference, key.File, key.Removed, key.EmittedAt, key.TakenAt, key.By, key.Version, key.Base,
		}
	}
	for name, value := range k.Files {
		o.Files[name] = secret.New(value)
	}
	return o, nil
}

// Import merges what another has kept of the same connector: of each key, what was emitted last. Merging the same again changes
// nothing.
func (o Overlay) Import(other Overlay) (merged Overlay) {
	merged = o.clone()
	for name, theirs := range other.Keys {
		ours, is := o.Keys[name]
		isOurs := is && (ours.EmittedAt.After(theirs.EmittedAt) || ours.EmittedAt.Equal(theirs.EmittedAt) && ours.Version >= theirs.Version)
		if !isOurs {
			merged.Keys[name] = theirs
		}
	}
	for name, at := range other.Left {
		if at.After(merged.Left[name]) {
			merged.Left[name] = at
		}
	}
	maps.DeleteFunc(merged.Keys, func(name string, key Key) bool {
		left, is := merged.Left[name]
		return is && !left.Before(key.EmittedAt)
	})
	maps.Copy(merged.Files, other.Files)
	if other.Version > o.Version {
		merged.Halted = other.Halted
	}
	merged.Version, merged.Placed = max(o.Version, other.Version), max(o.Placed, other.Placed)
	if !merged.Says(o) && !merged.Says(other) {
		merged.Version++
	}
	return merged
}

// Says says whether two overlays say the same: what is in Document, but for its numbers.
func (o Overlay) Says(other Overlay) bool { return bytes.Equal(o.content(), other.content()) }

func (o Overlay) content() []byte {
	o.Untold, o.Recent, o.Sequence, o.Placed = nil, nil, 0, 0
	k := written(o)
	if len(k.Left) == 0 {
		k.Left = nil
	}
	text, _ := json.Marshal(k) // texts, times and numbers can always be encoded
	return text
}
