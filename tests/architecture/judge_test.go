package architecture

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const drawing = `
┌─ charm ──────────┐  ┌─ other, a part ─┐
│ cmd/program      │  │ .               │
├──────────────────┤  └─────────────────┘
│ left  right      │
└─────┬────────────┘
      │
      ▼
┌─ library ─────┐
│ .             │
└───────────────┘
`

// asDrawn are packages in which nothing is wrong.
func asDrawn() map[string]*Package {
	return map[string]*Package{
		"charm/cmd/program":    {Imports: []string{"charm/internal/left", "fmt"}},
		"charm/internal/left":  {Imports: []string{"library"}},
		"charm/internal/right": {},
		"library":              {},
		"other":                {},
	}
}

func TestWhatIsNotAsDrawnIsFound(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		change func(map[string]*Package)
		fault  string
	}{
		{"nothing", func(map[string]*Package) {}, ""},
		{
			"an import upwards", func(p map[string]*Package) { imports(p, "charm/internal/right", "charm/cmd/program") },
			"charm/internal/right imports charm/cmd/program, which does not stand below it",
		},
		{
			"an import within a row", func(p map[string]*Package) { imports(p, "charm/internal/right", "charm/internal/left") },
			"charm/internal/right imports charm/internal/left, which does not stand below it",
		},
		{
			"an import against an arrow", func(p map[string]*Package) { imports(p, "library", "charm/internal/left") },
			"library imports charm/internal/left, to which no arrow leads",
		},
		{
			"an import without an arrow", func(p map[string]*Package) { imports(p, "other", "library") },
			"other imports library, to which no arrow leads",
		},
		{
			"a package that is not drawn", func(p map[string]*Package) { p["charm/internal/new"] = &Package{} },
			"the picture does not show charm/internal/new",
		},
		{
			"a package that has gone", func(p map[string]*Package) { delete(p, "charm/internal/right") },
			"the picture shows charm/right, which is no package",
		},
		{
			"an arrow that nothing needs", func(p map[string]*Package) { p["charm/internal/left"].Imports = nil },
			"nothing in charm imports anything of library: the arrow is needless",
		},
		{
			"a row that nothing needs", func(p map[string]*Package) { p["charm/cmd/program"].Imports = []string{"library"} },
			"in charm, nothing of cmd/program imports anything of left, right: they are one row",
		},
	}
	picture, err := Read(drawing)
	require.NoError(t, err)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			changed := asDrawn()
			c.change(changed)
			var packages []Package
			for folder, p := range changed {
				p.Folder = folder
				packages = append(packages, *p)
			}
			faults := Judge(picture, packages)
			if c.fault == "" {
				assert.Empty(t, faults)
				return
			}
			assert.Equal(t, []string{c.fault}, faults)
		})
	}
}

func imports(packages map[string]*Package, from, to string) {
	packages[from].Imports = append(packages[from].Imports, to)
}

func TestADrawingThatIsBrokenIsRefused(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]string{
		"no corner":      "┌─ charm ──\n│ a │\n└───┘",
		"no left border": "┌─ charm ─┐\n│ a       │\n  b       │\n└─────────┘",
		"no end":         "┌─ charm ─┐\n│ a       │",
		"a lost arrow":   "┌─ charm ─┐\n│ a       │\n└──┬──────┘\n   │\n",
	} {
		_, err := Read(broken)
		assert.Error(t, err, name)
	}
}
