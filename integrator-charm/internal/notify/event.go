package notify

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"connectcharms/requirer-lib/secret"
)

// Kind is what an owner is told.
type Kind string

// The kinds.
const (
	Failed    Kind = "failed"    // the connector or a task of it; it may be restarted yet
	GivenUp   Kind = "given-up"  // it is not restarted any more: a person has to do something
	Recovered Kind = "recovered" // it is well, after it was told that it is not
	Halted    Kind = "halted"    // it was stopped, and is kept so: what it wanted to change of itself does not conform
	Unhalted  Kind = "unhalted"  // it is not kept so any more
	Changed   Kind = "changed"   // it was created, or made something else, by a sync or a person
	Removed   Kind = "removed"
	Trouble   Kind = "trouble" // of the manager itself, which no owner of a connector can do anything about
	Over      Kind = "over"    // the trouble
)

var kinds = []Kind{Failed, GivenUp, Recovered, Halted, Unhalted, Changed, Removed, Trouble, Over}

func checkKinds(all []Kind) error {
	for _, kind := range all {
		if !slices.Contains(kinds, kind) {
			return fmt.Errorf("events: there is no %q: %v", kind, kinds)
		}
	}
	return nil
}

// Subject is a connector and whose it is.
type Subject struct {
	Connector string // its owner's name for it
	Team      string
	Email     string // addresses, by commas
	OnCall    string
	Webhook   secret.Value // URLs
	Chat      secret.Value
	Labels    map[string]string
}

// Health is how a connector is found to be.
type Health int

// The healths.
const (
	Unclear Health = iota // on its way, or asked to rest: nothing is told
	Well                  // it and its tasks are as they are to be
	Ill                   // it or a task has failed
)

// Seen is one connector, as a look at the cluster found it.
type Seen struct {
	Connector string
	Health    Health
	GivenUp   bool   // it is not restarted any more
	Attempts  int    // to restart it
	Trace     string // what failed, without secrets
}

// News is something that was done to a connector.
type News struct {
	ID        string // of one ID, a receiver is told once while it waits: such as run and connector
	Connector string
	Kind      Kind
	Text      string // what was done, and by whom
}

// Event is what is told of one connector, as webhooks show it.
type Event struct {
	Kind      Kind              `json:"kind"`
	Cluster   string            `json:"cluster"`
	Connector string            `json:"connector,omitempty"`
	Matter    string            `json:"matter,omitempty"` // what the trouble is about
	Team      string            `json:"team,omitempty"`
	OnCall    string            `json:"onCall,omitempty"`
	Labels    map[string]string `json:"labels,omitempty"`
	At        time.Time         `json:"at"`
	Since     time.Time         `json:"since,omitzero"` // when it was first seen not to be well
	Again     bool              `json:"again,omitempty"`
	Attempts  int               `json:"attempts,omitempty"`
	Text      string            `json:"text,omitempty"`
	Trace     string            `json:"trace,omitempty"` // the beginning of it
}

// about is what the event is about: a connector, or a matter of the manager. No connector's name has a NUL in it.
func (e Event) about() string {
	if e.Matter != "" {
		return "\x00" + e.Matter
	}
	return e.Connector
}

const (
	longestTrace = 2048 // bytes
	longestText  = 512
)

func (s Subject) event(kind Kind, cluster string, at time.Time) Event {
	return Event{Kind: kind, Cluster: cluster, Connector: s.Connector, Team: s.Team, OnCall: s.OnCall, Labels: s.Labels, At: at}
}

// cut is the beginning of a text, in valid UTF-8.
func cut(text string, longest int) string {
	const more = "…"
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= longest {
		return text
	}
	end := longest - len(more)
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + more
}
