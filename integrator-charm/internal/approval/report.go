package approval

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"connectcharms/requirer-lib/connectors"
)

// Markdown is the report for people: what was agreed to, by whom, when, and what happened. As JSON, the plan itself is the report.
func (p Plan) Markdown() string {
	var out strings.Builder
	fmt.Fprintf(&out, "# Plan %s of %s: %s\n\n", p.ID, inline(p.Cluster), p.State)
	p.writeHead(&out)
	out.WriteString("\n## Changes\n\n")
	for _, change := range p.Changes {
		writeChange(&out, change)
	}
	out.WriteString("\n## Approval\n\n")
	for _, need := range p.Needs {
		fmt.Fprintf(&out, "- %s, by rule %s: %s\n", inline(need.Change), inline(need.Rule), need.text())
	}
	out.WriteString("\n")
	for _, said := range p.Approvals {
		fmt.Fprintf(&out, "- %s: %s by %s%s\n", clock(said.At), said.Verdict, inline(said.Who), remark(said.Comment))
	}
	if len(p.Approvals) == 0 {
		out.WriteString("Nobody has said anything.\n")
	}
	p.writeOutcome(&out)
	return out.String()
}

func (p Plan) writeHead(out *strings.Builder) {
	for _, line := range [][2]string{
		{"State", string(p.State) + " since " + clock(p.Since)},
		{"Why", inline(p.Reason)},
		{"Created", clock(p.Created)},
		{"Revision", inline(p.Revision)},
		{"Author", inline(p.Author)},
		{"Digest", inline(p.Digest)},
	} {
		if line[1] != "" {
			fmt.Fprintf(out, "- %s: %s\n", line[0], line[1])
		}
	}
}

func writeChange(out *strings.Builder, change connectors.Change) {
	fmt.Fprintf(out, "- %s: %s", inline(change.Name), actionsText(change.Actions))
	if change.To != "" {
		fmt.Fprintf(out, ", to be %s", strings.ToLower(string(change.To)))
	}
	out.WriteString(remark(change.Reason) + "\n")
	for _, key := range change.Keys {
		fmt.Fprintf(out, "  - %s: %s\n", inline(key.Key), values(key))
	}
	for _, offset := range change.Offsets {
		fmt.Fprintf(out, "  - %s: begins at %s\n", inline(asJSON(offset.Partition)), inline(asJSON(offset.Offset)))
	}
}

func asJSON(value map[string]any) string {
	text, _ := json.Marshal(value) // it has come as JSON
	return string(text)
}

func actionsText(actions []connectors.Action) string {
	texts := make([]string, len(actions))
	for i, action := range actions {
		texts[i] = string(action)
	}
	return strings.Join(texts, ", ")
}

func values(key connectors.KeyChange) string {
	switch {
	case key.Secret:
		return "another value, which is secret"
	case key.Old == nil && key.New == nil:
		return "changed"
	case key.Old == nil:
		return "new, " + inline(*key.New)
	case key.New == nil:
		return "removed, was " + inline(*key.Old)
	}
	return inline(*key.Old) + " becomes " + inline(*key.New)
}

func (n Need) text() string {
	text := "one approver"
	if n.Approvers != 1 {
		text = fmt.Sprintf("%d approvers", n.Approvers)
	}
	if len(n.Who) > 0 {
		names := make([]string, len(n.Who))
		for i, who := range n.Who {
			names[i] = inline(who)
		}
		text += " of " + strings.Join(names, ", ")
	}
	if n.Author {
		text += "; the author may be one"
	}
	return text
}

func (p Plan) writeOutcome(out *strings.Builder) {
	if p.Outcome == nil {
		return
	}
	fmt.Fprintf(out, "\n## What happened\n\nRun %d, %s.\n\n", p.Outcome.Run, clock(p.Outcome.At))
	for _, name := range p.Outcome.Done {
		fmt.Fprintf(out, "- %s: done\n", inline(name))
	}
	for _, name := range slices.Sorted(maps.Keys(p.Outcome.Failed)) {
		fmt.Fprintf(out, "- %s: failed: %s\n", inline(name), inline(p.Outcome.Failed[name]))
	}
}

func remark(text string) string {
	if text == "" {
		return ""
	}
	return " (" + inline(text) + ")"
}

func clock(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05 UTC") }

// inline is text from outside as code, in one line: names and values may hold anything, also Markdown and HTML.
func inline(text string) string {
	if text == "" {
		return ""
	}
	var shown strings.Builder
	for _, r := range text {
		if strconv.IsPrint(r) {
			shown.WriteRune(r)
		} else { // controls, and what turns the direction of the text around
			quoted := strconv.QuoteRune(r)
			shown.WriteString(quoted[1 : len(quoted)-1])
		}
	}
	fence := "`"
	for strings.Contains(shown.String(), fence) {
		fence += "`"
	}
	if len(fence) > 1 {
		return fence + " " + shown.String() + " " + fence
	}
	return fence + shown.String() + fence
}
