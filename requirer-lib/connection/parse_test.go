package connection_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connection"
	"connectcharms/schemas"
)

// schemaOf compiles one of the definitions of schemas/connection.json; empty: the whole.
func schemaOf(t testing.TB, definition string) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(schemas.Connection()))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	require.NoError(t, compiler.AddResource("connection.json", document))
	compiled, err := compiler.Compile("connection.json" + definition)
	require.NoError(t, err)
	return compiled
}

const ofSpec = "#/$defs/spec"

func instance(t testing.TB, text []byte) any {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	return value
}

// corpus gives the files of a directory of testdata.
func corpus(t testing.TB, kind string) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", kind, "*.json"))
	require.NoError(t, err)
	texts := map[string][]byte{}
	for _, path := range paths {
		texts[path], err = os.ReadFile(path)
		require.NoError(t, err)
	}
	require.NotEmpty(t, texts)
	return texts
}

func TestWhatIsRightIsReadAndIsRightByTheSchema(t *testing.T) {
	t.Parallel()
	schema := schemaOf(t, ofSpec)
	for path, text := range corpus(t, "right") {
		spec, err := connection.Parse(text)
		require.NoError(t, err, path)
		require.NoError(t, schema.Validate(instance(t, text)), path)
		require.NoError(t, spec.Validate(), path)
		written, err := json.Marshal(spec)
		require.NoError(t, err, path)
		require.JSONEq(t, string(text), string(written), path)
	}
}
