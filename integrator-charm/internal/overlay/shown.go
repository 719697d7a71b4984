package overlay

import (
	"maps"
	"slices"
	"time"

	"connectcharms/requirer-lib/connect"
)

// Outcome is what became of a message.
type Outcome string

// The outcomes of messages that are no error.
const (
	TakenIn   Outcome = "taken"
	Duplicate Outcome = "duplicate" // it came before
	Stale     Outcome = "stale"     // all that it says was said later by another
	Ignored   Outcome = "ignored"   // its type is not known
)

// Taken is the answer to a message. What it says is on disk.
type Taken struct {
	Connector string   `json:"connector"`
	Version   int64    `json:"version"`
	Outcome   Outcome  `json:"outcome"`
	Keys      []string `json:"keys"`              // that it has changed
	Applied   bool     `json:"applied"`           // the connector has it
	Waiting   string   `json:"waiting,omitempty"` // why not
}

// Shown is an overlay as people see it: without the values of secrets.
type Shown struct {
	Connector string     `json:"connector"`
	Version   int64      `json:"version"`
	Applied   bool       `json:"applied"`           // the connector has all of it
	Waiting   string     `json:"waiting,omitempty"` // why not
	Halted    *HaltShown `json:"halted,omitempty"`
	Keys      []KeyShown `json:"keys"`
}

// HaltShown is why a connector is kept stopped.
type HaltShown struct {
	Since    time.Time `json:"since"`
	By       string    `json:"by"`
	Reason   string    `json:"reason"`
	Problems []Problem `json:"problems"`
}

// KeyShown is one key of an overlay.
type KeyShown struct {
	Key        string    `json:"key"`
	Value      string    `json:"value,omitempty"` // not of secrets
	Secret     bool      `json:"secret"`
	Removed    bool      `json:"removed"`
	EmittedAt  time.Time `json:"emittedAt"`
	TakenAt    time.Time `json:"takenAt"`
	By         string    `json:"by"`
	Version    int64     `json:"version"`
	Superseded bool      `json:"superseded"` // the state file says something else since, and wins
}

// Show shows an overlay; superseded are keys that the state file has won back.
func (o Overlay) Show(superseded []string) Shown {
	shown := Shown{Connector: o.Connector, Version: o.Version, Keys: []KeyShown{}}
	if o.Halted != nil {
		shown.Halted = &HaltShown{
			Since: o.Halted.Since, By: o.Halted.By, Reason: Reasons(o.Halted.Problems), Problems: append([]Problem{}, o.Halted.Problems...),
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o.Keys)) {
		key := o.Keys[name]
		one := KeyShown{
			Key: name, Secret: key.IsSecret(), Removed: key.Removed, EmittedAt: key.EmittedAt, TakenAt: key.TakenAt, By: key.By,
			Version: key.Version, Superseded: slices.Contains(superseded, name),
		}
		if !one.Secret && !one.Removed {
			one.Value = connect.RedactTexts(key.Value.Reveal(), o.secrets()...)
		}
		shown.Keys = append(shown.Keys, one)
	}
	return shown
}

// secrets are all that are known of it.
func (o Overlay) secrets() (texts []string) {
	for _, key := range o.Keys {
		if key.IsSecret() {
			texts = append(texts, key.Value.Reveal())
		}
	}
	return texts
}
