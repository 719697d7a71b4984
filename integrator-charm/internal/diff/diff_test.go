package diff_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/diff"
	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
)

var update = flag.Bool("update", false, "write the golden files")

func text(s string) *string { return &s }

func plan() connectors.Plan {
	return connectors.Plan{
		Changes: []connectors.Change{
			{
				Name: "dear", Actions: []connectors.Action{connectors.Delete}, From: connect.Running,
				Refused: connectors.ErrProtected.Error(),
			},
			{
				Name: "new", Actions: []connectors.Action{connectors.Create}, To: connect.Running,
				Keys: []connectors.KeyChange{{Key: "connector.class", New: text("org.Irc")}, {Key: "password", Secret: true}},
			},
			{Name: "old", Actions: []connectors.Action{connectors.Delete}, From: connect.Paused},
			{
				Name: "orders", Actions: []connectors.Action{connectors.Update}, From: connect.Running, To: connect.Running,
				Keys: []connectors.KeyChange{{Key: "tasks.max", Old: text("1"), New: text("2")}}, Reason: "1 key of its configuration",
				Held: "changes of streams want an approval",
			},
			{
				Name: "wikipedia-irc", Actions: []connectors.Action{connectors.Pause, connectors.Update}, From: connect.Running, To: connect.Paused,
				Keys: []connectors.KeyChange{
					{Key: "gone", Old: text("x")},
					{Key: "irc.nick", Old: text("a"), New: text("b"), Overlay: true},
					{Key: "irc.channels", Old: text("#en.wikipedia,#de"), New: text("#de")},
					{Key: "long", Old: text(strings.Repeat("a", 400)), New: text("```\nout | <b>\x1b[2J")},
				},
				Reason: "3 keys of its configuration; it is RUNNING, to be PAUSED",
			},
		},
		Unchanged: []string{"a", "b"},
		Overlays:  map[string][]string{"wikipedia-irc": {"irc.nick"}, "a": {"token", "until"}},
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/" + name
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

func TestAPlanInLines(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, line := range diff.Lines(plan()) {
		b.WriteString(strings.Repeat("    ", line.Depth) + string(line.Mark) + " " + line.Text + "\n")
	}
	golden(t, "plan.txt", b.String()+diff.Count(plan())+"\n")
}

func TestAPlanInMarkdown(t *testing.T) {
	t.Parallel()
	golden(t, "plan.md", diff.Markdown("production", plan()))
	assert.Equal(t, "### a&#42;b\n\nnothing to change; 1 unchanged.\n", diff.Markdown("a*b", connectors.Plan{Unchanged: []string{"a"}}))
}

func TestALargePlanIsCutToWhatAPullRequestTakes(t *testing.T) {
	t.Parallel()
	var large connectors.Plan
	for range 5000 {
		large.Changes = append(large.Changes, plan().Changes[1])
	}
	said := diff.Markdown("large", large)
	assert.Less(t, len(said), 65536)
	assert.Contains(t, said, "more | | |\n")
	assert.Contains(t, said, "5000 to create")
	assert.True(t, strings.HasSuffix(said, "There is more: see the plan as JSON.\n"))
}

// Nothing that stands in a name or a reason leads out of its place.
func FuzzMarkdown(f *testing.F) {
	f.Add("a`b|c", "```\n# out")
	f.Add("</summary><script>", "\\|\n|---|")
	f.Fuzz(func(t *testing.T, name, value string) {
		said := diff.Markdown("t", connectors.Plan{Changes: []connectors.Change{{
			Name: name, Actions: []connectors.Action{connectors.Update}, From: connect.Running, To: connect.Running,
			Keys: []connectors.KeyChange{{Key: "k", Old: &value, New: &value}}, Reason: value,
		}}})
		lines := strings.Split(said, "\n")
		require.Len(t, lines, 16)
		assert.Equal(t, 5, strings.Count(lines[6], "|"))
		assert.Equal(t, 4, strings.Count(lines[6], "<"))
		assert.Equal(t, 5, strings.Count(lines[8], "<"))
	})
}
