// Package diff says a plan for people: in lines for a terminal, and in Markdown for a pull request. A plan holds no secret
// value, so neither do they.
package diff

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
)

// Mark is what stands before a line, and says what it is about.
type Mark string

// The marks.
const (
	Add    Mark = "+" // a connector or key that is not there yet
	Remove Mark = "-" // one that goes
	Change Mark = "~" // one that will be another
	Wait   Mark = "=" // a change that waits for an approval
	Refuse Mark = "!" // one that a person has to see to first
	Own    Mark = "*" // what a connector has changed itself, and what stays so
)

// Line is one line of a plan. Depth 0 is of a connector, 1 of a key of its configuration or a remark.
type Line struct {
	Depth int
	Mark  Mark
	Text  string
}

// Lines are those of all changes.
func Lines(plan connectors.Plan) (lines []Line) {
	for _, change := range plan.Changes {
		lines = append(lines, Line{0, markOf(change), head(change)})
		for _, key := range change.Keys {
			lines = append(lines, keyLine(key))
		}
		for _, why := range []string{change.Refused, change.Held} {
			if why != "" {
				lines = append(lines, Line{1, markOf(change), why})
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(plan.Overlays)) {
		lines = append(lines, Line{0, Own, name + ": it has changed itself: " + strings.Join(plan.Overlays[name], ", ")})
	}
	return lines
}

func markOf(change connectors.Change) Mark {
	switch {
	case change.Refused != "":
		return Refuse
	case change.Held != "":
		return Wait
	case change.From == "" && change.To != "":
		return Add
	case change.To == "":
		return Remove
	}
	return Change
}

// head is the connector, what is done to it, and why.
func head(change connectors.Change) string {
	text := change.Name + ": " + what(change)
	if change.Reason != "" && markOf(change) != Add {
		text += " (" + change.Reason + ")"
	}
	return text
}

// what is done, and in which state it then is.
func what(change connectors.Change) string {
	words := make([]string, 0, len(change.Actions))
	for _, action := range change.Actions {
		words = append(words, string(action))
	}
	text := strings.Join(words, ", ")
	switch {
	case len(words) == 0:
		return "nothing is done"
	case change.From == "" && change.To != "":
		return text + ", " + state(change.To)
	case change.To == "":
		return text + ", it is " + state(change.From)
	case change.From != change.To:
		return text + ", " + state(change.From) + " → " + state(change.To)
	}
	return text
}

func state(of connect.State) string { return strings.ToLower(string(of)) }

// longest is how much of a value is shown, in characters: a plan as JSON has the whole.
const longest = 300

func keyLine(key connectors.KeyChange) Line {
	line := Line{Depth: 1, Mark: Change}
	switch {
	case key.Secret:
		line.Text = key.Key + ": (secret)"
	case key.Old == nil && key.New == nil:
		line.Text = key.Key
	case key.Old == nil:
		line.Mark, line.Text = Add, key.Key+": "+quoted(*key.New)
	case key.New == nil:
		line.Mark, line.Text = Remove, key.Key+": "+quoted(*key.Old)
	default:
		line.Text = key.Key + ": " + quoted(*key.Old) + " → " + quoted(*key.New)
	}
	if key.Overlay {
		line.Text += " (its own)"
	}
	return line
}

func quoted(value string) string {
	if runes := []rune(value); len(runes) > longest {
		value = string(runes[:longest]) + "…"
	}
	return fmt.Sprintf("%q", value)
}

// Count says how much a plan is: "1 to create, 2 to change, 1 to delete; 12 unchanged".
func Count(plan connectors.Plan) string {
	number := map[Mark]int{}
	for _, change := range plan.Changes {
		number[markOf(change)]++
	}
	var parts []string
	for _, each := range []struct {
		mark Mark
		what string
	}{{Add, "to create"}, {Change, "to change"}, {Remove, "to delete"}, {Wait, "waiting for approval"}, {Refuse, "refused"}} {
		if n := number[each.mark]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, each.what))
		}
	}
	if len(parts) == 0 {
		parts = []string{"nothing to change"}
	}
	return fmt.Sprintf("%s; %d unchanged", strings.Join(parts, ", "), len(plan.Unchanged))
}
