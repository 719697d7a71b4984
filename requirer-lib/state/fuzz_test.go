package state_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/state"
)

// FuzzParse: whatever comes in, it is read or told off; what is read is right by the schema, and is written so that it is
// read again as the same.
func FuzzParse(f *testing.F) {
	for _, text := range []string{seed, whole, "", "{}", "connectors: []", "- a", "&a *a", "? [x]\n: y", "{\"connectors\": [{\"name\": 1.0}]}"} {
		f.Add([]byte(text))
	}
	for _, pattern := range []string{"testdata/right/*", "testdata/wrong/*", "testdata/beyond/*"} {
		paths, err := filepath.Glob(pattern)
		require.NoError(f, err)
		for _, path := range paths {
			text, err := os.ReadFile(path)
			require.NoError(f, err)
			f.Add(text)
		}
	}
	schema := schema(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := state.Parse(text, state.Options{})
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		require.NoError(t, schema.Validate(instance(t, text)), "%s", text)
		for _, format := range []state.Format{state.YAML, state.JSON} {
			written, err := file.Export(format)
			require.NoError(t, err)
			again, err := state.Parse(written, state.Options{})
			require.NoError(t, err, "%s", written)
			require.Equal(t, file.Manager, again.Manager)
			require.ElementsMatch(t, file.Connectors, again.Connectors, "%s", written)
		}
	})
}

// FuzzExport: any text comes through, wherever it stands.
func FuzzExport(f *testing.F) {
	for _, text := range []string{"a", "", "1.10", "- a", "a: b", "# a", "\n", " a\n\n b ", "\u0085\u2028\ufeff", "\x00\x7f\u009f", "😀", "{{", "%a", "!a", "&a", "*a", "0x10", "1e5", "null", "<<", "'\"\\"} {
		f.Add(text, text)
	}
	f.Fuzz(func(t *testing.T, key, value string) {
		if !utf8.ValidString(key) || !utf8.ValidString(value) || key == "" || key == "name" || strings.HasPrefix(key, "connect.manager") {
			return
		}
		file := &state.File{Manager: state.DefaultManager, Connectors: []state.Connector{{
			Name: "a", State: connect.Running, Restart: state.DefaultRestart,
			Config:  map[string]state.Value{"connector.class": state.Text("X"), key: state.Text("x" + value)},
			Labels:  map[string]string{"a": value},
			Owner:   state.Owner{Team: value},
			Offsets: []connect.Offset{{Partition: map[string]any{key: value}, Offset: map[string]any{"n": []any{value, json.Number("-1.5E+300"), nil}}}},
		}}}
		for _, format := range []state.Format{state.YAML, state.JSON} {
			written, err := file.Export(format)
			require.NoError(t, err)
			again, err := state.Parse(written, state.Options{})
			require.NoError(t, err, "%s", written)
			require.Equal(t, file.Connectors, again.Connectors, "%s", written)
		}
	})
}
