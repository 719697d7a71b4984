package connections

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whatever another charm has told of its connections, it is refused or can be shown.
func FuzzTold(f *testing.F) {
	f.Add([]byte(`{"kafka":{"name":"kafka","kafka_cluster":{"state":"SUCCESS"}}}`))
	f.Add([]byte(`{"":{}}`))
	f.Add([]byte(`null`))
	path := filepath.Join(f.TempDir(), "told.json")
	f.Fuzz(func(t *testing.T, text []byte) {
		require.NoError(t, os.WriteFile(path, text, 0o600))
		told, err := readTold(path)
		if err == nil {
			assert.Len(t, told.entries(), len(told))
		}
	})
}
