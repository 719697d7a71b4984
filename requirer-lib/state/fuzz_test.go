package state_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/state"
)

// FuzzParse: whatever comes in, it is read or told off; what is read is written so that it is read again as the same.
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
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := state.Parse(text, state.Options{})
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
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
