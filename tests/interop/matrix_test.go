package interop

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the matrix into docs/interop.md")

// row is one story that two charms went through.
type row struct {
	Role, Version string // ours
	Peer          string
	Story, Result string
	Ours, Theirs  count
}

// count is how many hooks an application ran until all rested.
type count struct{ Hooks, Updates int }

func (c count) String() string {
	if c.Updates == 0 {
		return fmt.Sprint(c.Hooks)
	}
	return fmt.Sprintf("%d (%d)", c.Hooks, c.Updates)
}

func (r row) String() string {
	cells := []string{r.Role, r.Version, r.Peer, r.Story, r.Result, r.Ours.String(), r.Theirs.String()}
	return "| " + strings.Join(cells, " | ") + " |"
}

const document = "../../docs/interop.md"

// between has the matrix in the document as its second group.
var between = regexp.MustCompile(`(?s)(<!-- the matrix -->\n\n)(.*?)(\n<!-- its end -->)`)

// hooks are the last two cells of a line. They hang on how fast workers are.
var hooks = regexp.MustCompile(`(?m) \| [0-9 ()|]+ \|$`)

// holdMatrix shows the matrix, and holds the document to it but for the numbers of hooks.
func holdMatrix(t *testing.T, rows []row) {
	t.Helper()
	table := matrix(rows)
	t.Logf("what came of it:\n%s", table)
	text, err := os.ReadFile(document)
	require.NoError(t, err)
	found := between.FindSubmatch(text)
	require.NotNil(t, found, "%s has no place for the matrix", document)
	if *update {
		written := between.ReplaceAll(text, []byte("${1}"+strings.ReplaceAll(table, "$", "$$")+"${3}"))
		require.NoError(t, os.WriteFile(document, written, 0o644))
		return
	}
	assert.Equal(t, hooks.ReplaceAllString(string(found[2]), ""), hooks.ReplaceAllString(table, ""),
		"go test ./interop -run CompiledCharms -update writes it anew")
}

func matrix(rows []row) string {
	slices.SortStableFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(b.Role, a.Role), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Peer, b.Peer))
	})
	lines := []string{
		"| our role | version | peer | story | result | our hooks | its hooks |",
		"|---|---|---|---|---|---|---|",
	}
	for _, one := range rows {
		lines = append(lines, one.String())
	}
	return strings.Join(lines, "\n") + "\n"
}
