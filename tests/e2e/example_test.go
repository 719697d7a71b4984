package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/jujutest"
	"connectcharms/tests/charms"
)

// TestTheExampleCharmRunsOnTheRealPair is the charm of docs/write-an-integrator.md, built as the tutorial says.
func TestTheExampleCharmRunsOnTheRealPair(t *testing.T) {
	t.Parallel()
	root, err := charms.Repository()
	require.NoError(t, err)
	example := filepath.Join(root, "requirer-lib", "examples", "lines")
	packed := t.TempDir()
	require.NoError(t, os.CopyFS(packed, os.DirFS(example)))
	plugin, err := os.ReadFile(parts.Kafka.FilePlugin)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(packed, "plugin.tar.gz"), plugin, 0o600))
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(packed, "bin", "lines"), ".")
	build.Dir, build.Env = example, append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	output, err := build.CombinedOutput()
	require.NoError(t, err, "%s", output)

	file := filepath.Join(t.TempDir(), "lines.txt")
	require.NoError(t, os.WriteFile(file, []byte("one\ntwo\n"), 0o644))
	s := newStage(t)
	s.deploy(1, nil)
	require.NoError(t, s.Deploy("lines", jujutest.FromDir(packed), jujutest.DeployOptions{
		Units: 2, Config: map[string]any{"file": file, "topic": "lines-" + s.UUID()[:8]},
	}))
	s.settle()
	s.requireStatus("lines/0", "blocked", "not related")
	relation := s.integrate("lines")
	s.settle()
	s.eventually("the connector runs", func() bool {
		status, _ := s.StatusOf("lines/0")
		return status.Message == "1 connector, 1 task running"
	})
	s.requireStatus("lines/1", "active", "")
	names, err := s.rest(relation).Connectors(t.Context())
	require.NoError(t, err)
	require.Len(t, names, 1)
	require.NoError(t, s.RemoveRelation(provider, "lines"))
	s.settle()
	s.requireStatus("lines/0", "blocked", "not related")
	var left []string
	s.direct(provider+"/0", "/connectors", &left)
	assert.Empty(t, left)
}
