package charms

import (
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What Charmhub takes: a square of 100 by 100, which says what it is for those who do not see it, and which runs and fetches nothing.
func TestEachCharmHasAnIconThatCharmhubTakes(t *testing.T) {
	t.Parallel()
	root, err := Repository()
	require.NoError(t, err)
	for _, c := range recipe {
		icon, err := os.Open(filepath.Join(root, c.source, "icon.svg"))
		require.NoError(t, err)
		defer icon.Close()
		elements := elementsOf(t, icon)
		assert.Equal(t, map[string]string{"width": "100", "height": "100", "viewBox": "0 0 100 100"}, elements["svg"], c.name)
		assert.Contains(t, elements, "title", c.name)
		for _, foreign := range []string{"script", "image", "use", "foreignObject", "style"} {
			assert.NotContains(t, elements, foreign, c.name)
		}
	}
}

// elementsOf are the elements of a document by name, each with attributes, namespaces left out.
func elementsOf(t *testing.T, document io.Reader) map[string]map[string]string {
	t.Helper()
	elements := map[string]map[string]string{}
	for decoder := xml.NewDecoder(document); ; {
		token, err := decoder.Token()
		if err == io.EOF {
			return elements
		}
		require.NoError(t, err)
		start, is := token.(xml.StartElement)
		if !is {
			continue
		}
		elements[start.Name.Local] = map[string]string{}
		for _, attribute := range start.Attr {
			assert.False(t, strings.HasPrefix(attribute.Name.Local, "on"), attribute.Name.Local)
			if attribute.Name.Local != "xmlns" {
				elements[start.Name.Local][attribute.Name.Local] = attribute.Value
			}
		}
	}
}
