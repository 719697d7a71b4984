package diff

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"connectcharms/requirer-lib/connectors"
)

// largest is how long the Markdown becomes, in bytes, before the rest is counted only: GitHub takes 65,536 characters.
const largest = 60_000

// Markdown is a plan as a section of a pull request: a table of the connectors, and below it each one's keys as a diff.
// Nothing that stands in a name or a value has a meaning in it.
func Markdown(title string, plan connectors.Plan) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n%s.\n", prose(title), prose(Count(plan)))
	if len(plan.Changes) > 0 {
		b.WriteString("\n| | connector | what | why |\n|---|---|---|---|\n")
	}
	for i, change := range plan.Changes {
		if b.Len() > largest {
			fmt.Fprintf(&b, "| | and %d more | | |\n", len(plan.Changes)-i)
			break
		}
		row(&b, change)
	}
	own(&b, plan)
	for _, change := range plan.Changes {
		if b.Len() > largest {
			b.WriteString("\nThere is more: see the plan as JSON.\n")
			break
		}
		if len(change.Keys) > 0 {
			keys(&b, change)
		}
	}
	return b.String()
}

// own is what connectors have changed themselves, and what stays so.
func own(b *strings.Builder, plan connectors.Plan) {
	for _, name := range slices.Sorted(maps.Keys(plan.Overlays)) {
		if b.Len() > largest {
			return
		}
		fmt.Fprintf(b, "\n%s has changed itself: %s\n", code(name), prose(strings.Join(plan.Overlays[name], ", ")))
	}
}

func row(b *strings.Builder, change connectors.Change) {
	why := change.Reason
	for _, more := range []string{change.Held, change.Refused} {
		if more != "" {
			why = more
		}
	}
	fmt.Fprintf(b, "| %s | %s | %s | %s |\n", code(string(markOf(change))), code(change.Name), prose(what(change)), prose(why))
}

// keys is a diff that is folded up.
func keys(b *strings.Builder, change connectors.Change) {
	var lines strings.Builder
	for _, key := range change.Keys {
		line := keyLine(key)
		mark := string(line.Mark)
		if line.Mark == Change {
			mark = "!" // which is coloured
		}
		fmt.Fprintf(&lines, "%s %s\n", mark, visible(line.Text))
	}
	fence := fenceFor(lines.String())
	fmt.Fprintf(b, "\n<details><summary>%s</summary>\n\n%sdiff\n%s%s\n\n</details>\n", code(change.Name), fence, lines.String(), fence)
}

// fenceFor is longer than any run of backticks in the text.
func fenceFor(text string) string {
	longest, run := 2, 0
	for _, r := range text {
		if run++; r != '`' {
			run = 0
		}
		longest = max(longest, run)
	}
	return strings.Repeat("`", longest+1)
}

// code is in the type of code. Backticks would do, but for a bar in a table.
func code(text string) string { return "<code>" + prose(text) + "</code>" }

// markdown is what has a meaning there, or would begin HTML or a mention.
const markdown = "\\`*_{}[]<>#|~@&"

// prose has a text mean nothing but itself, on one line.
func prose(text string) string {
	var b strings.Builder
	for _, r := range visible(text) {
		if strings.ContainsRune(markdown, r) {
			b.WriteString(fmt.Sprintf("&#%d;", r))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// visible is on one line.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, text)
}
