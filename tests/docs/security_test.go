package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/tests/charms"
	"connectcharms/tests/fuzz"
)

var targetInDocs = regexp.MustCompile("`([a-z0-9/-]+ Fuzz[A-Za-z]+)`")

func TestEveryFuzzTargetIsInTheDocs(t *testing.T) {
	t.Parallel()
	root, err := charms.Repository()
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(root, "docs/security.md"))
	require.NoError(t, err)
	var told, there []string
	for _, found := range targetInDocs.FindAllStringSubmatch(string(text), -1) {
		told = append(told, found[1])
	}
	targets, err := fuzz.Find(root)
	require.NoError(t, err)
	for _, target := range targets {
		there = append(there, target.String())
	}
	assert.ElementsMatch(t, there, told)
}

// A test that a fault of the review is said to have now is there.
func TestTestsThatTheReviewNamesAreThere(t *testing.T) {
	t.Parallel()
	root, err := charms.Repository()
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(root, "docs/security.md"))
	require.NoError(t, err)
	var all strings.Builder
	for _, file := range strings.Fields(gitFiles(t, root, "*_test.go")) {
		content, err := os.ReadFile(filepath.Join(root, file))
		require.NoError(t, err)
		all.Write(content)
	}
	for _, found := range regexp.MustCompile("`((?:Test|Fuzz)[A-Z][A-Za-z]+)`").FindAllStringSubmatch(string(text), -1) {
		assert.Contains(t, all.String(), "\nfunc "+found[1]+"(", found[1])
	}
}
