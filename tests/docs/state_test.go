package docs

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/state"
	"connectcharms/schemas"
)

// stateFiles are blocks of YAML, each with the text block of what is told of it, if there is one.
var stateFiles = regexp.MustCompile("(?s)```yaml\n(.*?)```(?:\n\nis told:\n\n```text\n(.*?)```)?")

func TestCodeInTheStateFilesReferenceIsReadAsItSays(t *testing.T) {
	text := document(t, "docs/state-file.md")
	found := stateFiles.FindAllStringSubmatch(text, -1)
	require.Len(t, found, 2)
	for _, block := range found {
		for _, environment := range []string{"", "production"} {
			_, err := state.Parse([]byte(block[1]), state.Options{Environment: environment})
			if block[2] == "" {
				require.NoError(t, err, "%s", block[1])
			} else if environment == "" {
				require.EqualError(t, err, strings.TrimSpace(block[2]))
			}
		}
	}
}

// TestOptionsOfAStateFileAreInItsReference has every property that the schema names stand there as code.
func TestOptionsOfAStateFileAreInItsReference(t *testing.T) {
	text := document(t, "docs/state-file.md")
	var schema any
	require.NoError(t, json.Unmarshal(schemas.StateFile(), &schema))
	names := map[string]bool{}
	properties(schema, names)
	assert.Greater(t, len(names), 20)
	for name := range names {
		assert.Regexp(t, "[`{ ]"+regexp.QuoteMeta(name)+"[`:]", text)
	}
}

func properties(schema any, names map[string]bool) {
	switch schema := schema.(type) {
	case map[string]any:
		if of, is := schema["properties"].(map[string]any); is {
			for name := range of {
				names[name] = true
			}
		}
		for _, inner := range schema {
			properties(inner, names)
		}
	case []any:
		for _, inner := range schema {
			properties(inner, names)
		}
	}
}
