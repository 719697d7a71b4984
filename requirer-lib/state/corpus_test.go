package state_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"connectcharms/requirer-lib/state"
	"connectcharms/schemas"
)

var update = flag.Bool("update", false, "write what is told into testdata")

// corpus gives the files of a directory of testdata: right ones, wrong ones, and ones that are wrong beyond what a schema
// can say.
func corpus(t *testing.T, kind string) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", kind, "*"))
	require.NoError(t, err)
	texts := map[string][]byte{}
	for _, path := range paths {
		if filepath.Ext(path) != ".txt" {
			texts[path], err = os.ReadFile(path)
			require.NoError(t, err)
		}
	}
	require.NotEmpty(t, texts)
	return texts
}

func TestWhatIsRightIsReadAndIsRightByTheSchema(t *testing.T) {
	t.Parallel()
	schema := schema(t)
	for path, text := range corpus(t, "right") {
		file, err := state.Parse(text, state.Options{})
		require.NoError(t, err, path)
		require.NoError(t, schema.Validate(instance(t, text)), path)
		for _, format := range []state.Format{state.YAML, state.JSON} {
			written, err := file.Export(format)
			require.NoError(t, err, path)
			require.NoError(t, schema.Validate(instance(t, written)), "%s, written", path)
		}
	}
}

// TestWhatIsWrongIsToldWhole compares all that is told with what lies beside each file.
func TestWhatIsWrongIsToldWhole(t *testing.T) {
	t.Parallel()
	schema := schema(t)
	for _, kind := range []string{"wrong", "beyond"} {
		for path, text := range corpus(t, kind) {
			_, err := state.Parse(text, state.Options{Name: "state.yaml"})
			require.Error(t, err, path)
			told := err.Error() + "\n"
			if *update {
				require.NoError(t, os.WriteFile(path+".txt", []byte(told), 0o600))
			}
			want, err := os.ReadFile(path + ".txt")
			require.NoError(t, err)
			assert.Equal(t, string(want), told, path)
			assert.NotContains(t, strings.ReplaceAll(told, "hunter2hunter2", ""), "hunter2", path)
			if kind == "wrong" {
				require.Error(t, schema.Validate(instance(t, text)), path)
			}
		}
	}
}

func schema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(schemas.StateFile()))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("state.json", document))
	compiled, err := compiler.Compile("state.json")
	require.NoError(t, err)
	return compiled
}

// instance is what an editor holds against the schema.
func instance(t *testing.T, text []byte) any {
	t.Helper()
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if json.Valid(text) {
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		require.NoError(t, err)
		return value
	}
	var document yaml.Node
	require.NoError(t, yaml.Unmarshal(text, &document))
	return plain(t, document.Content[0])
}

func plain(t *testing.T, node *yaml.Node) any {
	t.Helper()
	switch node.Kind {
	case yaml.MappingNode:
		values := map[string]any{}
		for i := 0; i < len(node.Content); i += 2 {
			values[node.Content[i].Value] = plain(t, node.Content[i+1])
		}
		return values
	case yaml.SequenceNode:
		values := []any{}
		for _, item := range node.Content {
			values = append(values, plain(t, item))
		}
		return values
	}
	switch node.ShortTag() {
	case "!!int", "!!float":
		if json.Valid([]byte(node.Value)) {
			return json.Number(node.Value)
		}
		return json.Number("1") // .inf and such, which JSON has not
	case "!!bool":
		return strings.EqualFold(node.Value, "true")
	case "!!null":
		return nil
	}
	return node.Value
}
