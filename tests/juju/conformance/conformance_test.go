package conformance_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	model "connectcharms/requirer-lib/jujutest/conformance"
	"connectcharms/tests/juju/conformance"
)

var update = flag.Bool("update", false, "rewrite the recordings")

const scenarios = "../../../requirer-lib/jujutest/conformance/testdata"

// TestJujuDoesWhatIsRecorded takes every scenario on a real controller, and compares with the recordings that jujutest is
// held to.
func TestJujuDoesWhatIsRecorded(t *testing.T) {
	t.Parallel()
	if os.Getenv("KAFKA_CONNECT_INTEGRATION") == "" {
		t.Skip("needs root and the local Juju controller: KAFKA_CONNECT_INTEGRATION=1 (see docs/conformance.md)")
	}
	controller, err := filepath.Abs("../controller")
	require.NoError(t, err)
	paths, err := filepath.Glob(filepath.Join(scenarios, "*.scenario"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".scenario"), func(t *testing.T) { // not parallel: they would crowd out others
			compare(t, path, controller)
		})
	}
}

func compare(t *testing.T, path, controller string) {
	scenario, err := model.ReadScenario(path)
	require.NoError(t, err)
	real, err := conformance.NewReal(t.Context(), scenario, controller, t.TempDir())
	defer func() { assert.NoError(t, real.Close(context.WithoutCancel(t.Context()))) }()
	require.NoError(t, err)
	got, err := model.Run(t.Context(), scenario, real)
	golden := strings.TrimSuffix(path, ".scenario") + ".golden"
	require.NoError(t, err, got)
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
		return
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	if string(want) != got {
		t.Errorf("Juju now (+) differs from what was recorded (-):\n%s", model.Diff(string(want), got))
	}
}
