package architecture

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/tests/charms"
)

// longest is how many lines a program's own package has at the most: it puts parts together, which others have.
const longest = 120

func TestTheStructureIsTheOneInThePicture(t *testing.T) {
	t.Parallel()
	picture, err := Read(section(t, "## The whole"))
	require.NoError(t, err)
	for _, fault := range Judge(picture, packages(t)) {
		assert.Fail(t, fault)
	}
}

// tableRow is a row of a table: its first cell, and what follows.
var (
	tableRow = regexp.MustCompile(`(?m)^\| ([^|]*) \|(.*)$`)
	quoted   = regexp.MustCompile("`([^`]+)`")
)

func TestEveryPackageOfThePictureIsExplainedOnce(t *testing.T) {
	t.Parallel()
	picture, err := Read(section(t, "## The whole"))
	require.NoError(t, err)
	explained := map[string][]string{} // names by title
	for part := range strings.SplitSeq(section(t, "## What each package is for"), "\n### ") {
		title, table, _ := strings.Cut(part, "\n")
		for _, row := range tableRow.FindAllStringSubmatch(table, -1) {
			explained[title] = append(explained[title], words(row[1])...)
		}
	}
	for _, box := range picture.Boxes {
		assert.ElementsMatch(t, slices.Concat(box.Rows...), explained[box.Title], box.Title)
	}
}

func TestOnlySomeImport(t *testing.T) {
	t.Parallel()
	shipped := slices.DeleteFunc(packages(t), func(p Package) bool { return OfTests(p.Folder) })
	found := 0
	for _, row := range tableRow.FindAllStringSubmatch(section(t, "## What only some import"), -1) {
		by, _, _ := strings.Cut(row[2], "|")
		for _, imported := range words(row[1]) {
			assert.ElementsMatch(t, words(by), Importers(shipped, imported), imported)
			found++
		}
	}
	assert.Positive(t, found)
}

func TestProgramsPutPartsTogether(t *testing.T) {
	t.Parallel()
	found := 0
	for _, program := range packages(t) {
		if program.Main && strings.Contains(program.Folder, "charm/cmd/") {
			assert.LessOrEqual(t, program.Lines, longest, program.Folder)
			found++
		}
	}
	assert.Positive(t, found)
}

func words(cell string) (names []string) {
	for _, name := range quoted.FindAllStringSubmatch(cell, -1) {
		names = append(names, name[1])
	}
	return names
}

func packages(t *testing.T) []Package {
	t.Helper()
	root, err := charms.Repository()
	require.NoError(t, err)
	found, err := Packages(root)
	require.NoError(t, err)
	return found
}

// section is what stands in the page below a heading.
func section(t *testing.T, heading string) string {
	t.Helper()
	root, err := charms.Repository()
	require.NoError(t, err)
	page, err := os.ReadFile(filepath.Join(root, "docs/architecture.md"))
	require.NoError(t, err)
	_, text, is := strings.Cut(string(page), heading+"\n")
	require.True(t, is, heading)
	text, _, _ = strings.Cut(text, "\n## ")
	return text
}
