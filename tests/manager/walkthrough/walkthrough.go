// Package walkthrough is the story that Connect Manager is told by: three connectors run; one is paused, resumed, removed, started
// anew, updated; then the state file is wrong. It is one story, told through several doors.
package walkthrough

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connectors"
)

// Door is one way to Connect Manager, with a cluster behind it on which it has no connectors yet. Names of connectors are those
// of the state file.
type Door interface {
	// SetState has the state file be this text, where Connect Manager looks for it, with a word about why.
	SetState(t *testing.T, text, why string)
	Sync(t *testing.T) connectors.Summary
	// List is the names of the connectors in a state: running, paused, failed.
	List(t *testing.T, state string) []string
	// Validate says whether the state file is right, and what is wrong with it.
	Validate(t *testing.T) (valid bool, message string)
}

// Connectors are those of the story, in the order of the state file.
var Connectors = []string{"replicate-topic", "elasticsearch-ksqldb", "wikipedia-irc"}

const irc = "wikipedia-irc"

// Tell tells the story. It leaves no connectors.
func Tell(t *testing.T, door Door) {
	t.Helper()
	s := story{t, door}
	file := begin()
	s.becomes(file, "start the connectors", lists{"added": Connectors})
	s.lists("running", Connectors...)

	file[2].Paused = true
	s.becomes(file, "pause wikipedia-irc connector", lists{"paused": {irc}})
	s.lists("paused", irc)
	s.lists("running", Connectors[:2]...)

	file[2].Paused = false
	s.becomes(file, "resume wikipedia-irc connector", lists{"resumed": {irc}})
	s.lists("running", Connectors...)

	s.becomes(file[:2], "remove wikipedia-irc connector", lists{"removed": {irc}})
	s.lists("running", Connectors[:2]...)

	s.becomes(file, "start a new connector as wikipedia-irc", lists{"added": {irc}})
	s.lists("running", Connectors...)

	file[2].Config["irc.channels"] = "#fr.wikipedia,#de.wikipedia"
	s.becomes(file, "update connector as wikipedia-irc", lists{"updated": {irc}})
	s.lists("running", Connectors...)
	s.becomes(file, "change nothing", lists{})

	s.isWrong(file)
	s.door.SetState(t, text([]entry{}), "the end")
	assert.ElementsMatch(t, Connectors, s.door.Sync(t).Removed)
}

// entry is a connector in the state file.
type entry struct {
	Name   string            `json:"name"`
	Owner  map[string]string `json:"owner"`
	Paused bool              `json:"paused"`
	Config map[string]string `json:"config"`
}

func begin() []entry {
	const source = "org.apache.kafka.connect.file.FileStreamSourceConnector"
	owner := map[string]string{"team": "streams", "email": "streams@example.org"}
	return []entry{
		{"replicate-topic", owner, false, map[string]string{"connector.class": source, "file": "/nonexistent/replicate", "topic": "walk-replicate"}},
		{"elasticsearch-ksqldb", owner, false, map[string]string{
			"connector.class": "org.apache.kafka.connect.file.FileStreamSinkConnector", "topics": "walk-ksqldb", "tasks.max": "1",
			"key.converter": "org.apache.kafka.connect.storage.StringConverter", "value.converter": "org.apache.kafka.connect.storage.StringConverter",
		}},
		{irc, owner, false, map[string]string{
			"connector.class": source, "file": "/nonexistent/irc", "topic": "walk-wikipedia", "irc.channels": "#en.wikipedia,#fr.wikipedia,#de.wikipedia",
		}},
	}
}

func text(file []entry) string {
	document, err := json.MarshalIndent(map[string]any{"connectors": file}, "", "  ")
	if err != nil {
		panic(err) // texts can always be encoded
	}
	return string(document) + "\n"
}

type story struct {
	t    *testing.T
	door Door
}

// lists are those of a sync's answer that are not empty, without the one of the unchanged.
type lists map[string][]string

// becomes changes the state file, syncs, and requires what came of it: that, and nothing else.
func (s story) becomes(file []entry, why string, want lists) {
	s.t.Helper()
	s.door.SetState(s.t, text(file), why)
	summary := s.door.Sync(s.t)
	got, changed := lists{}, []string{}
	for list, names := range map[string][]string{
		"added": summary.Added, "removed": summary.Removed, "updated": summary.Updated, "adopted": summary.Adopted, "paused": summary.Paused,
		"resumed": summary.Resumed, "stopped": summary.Stopped, "restarted": summary.Restarted, "failed": summary.Failed, "held": summary.Held,
	} {
		if len(names) > 0 {
			got[list] = slices.Sorted(slices.Values(names))
			changed = append(changed, names...)
		}
	}
	for list, names := range want {
		want[list] = slices.Sorted(slices.Values(names))
	}
	require.Equal(s.t, want, got, "%s: %v", why, summary.Reasons)
	for _, each := range file {
		assert.Equal(s.t, !slices.Contains(changed, each.Name), slices.Contains(summary.Unchanged, each.Name), "%s: %s is unchanged", why, each.Name)
	}
}

// lists requires who is in a list, as soon as Kafka Connect shows it.
func (s story) lists(state string, want ...string) {
	s.t.Helper()
	want = slices.Sorted(slices.Values(want))
	require.EventuallyWithT(s.t, func(c *assert.CollectT) {
		assert.Equal(c, want, slices.Sorted(slices.Values(s.door.List(s.t, state))), state)
	}, time.Minute, 100*time.Millisecond)
}

// isWrong makes the two mistakes, and mends them.
func (s story) isWrong(file []entry) {
	s.t.Helper()
	const misspelled = `{
  "connectors": [
    {
      "name": "wikipedia-irc",
      "pausedd": true,
      "config": {"connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector"}
    }
  ]
}
`
	s.refuses(misspelled, "pausedd", "Cannot find field: pausedd in message com.massmutual.streaming.model.SPConnectorDefinition"+
		" (line 5, column 7; did you mean \"paused\"?)")
	s.refuses(text(append(file, file[2])), "twice", "connector wikipedia-irc is there already")
	s.lists("running", Connectors...)
	s.door.SetState(s.t, text(file), "mend it")
	valid, message := s.door.Validate(s.t)
	assert.True(s.t, valid, message)
}

// refuses: the file is wrong, and says so in these words.
func (s story) refuses(file, why, words string) {
	s.t.Helper()
	s.door.SetState(s.t, file, why)
	valid, message := s.door.Validate(s.t)
	assert.False(s.t, valid, why)
	assert.Contains(s.t, message, words, why)
}
