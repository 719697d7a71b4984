package docs

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/tests/fuzz"
)

var targetInDocs = regexp.MustCompile("`([a-z0-9/-]+ Fuzz[A-Za-z]+)`")

func TestEveryFuzzTargetIsInTheDocs(t *testing.T) {
	t.Parallel()
	var told, there []string
	for _, found := range targetInDocs.FindAllStringSubmatch(document(t, "docs/security.md"), -1) {
		told = append(told, found[1])
	}
	targets, err := fuzz.Find(root(t))
	require.NoError(t, err)
	for _, target := range targets {
		there = append(there, target.String())
	}
	assert.ElementsMatch(t, there, told)
}
