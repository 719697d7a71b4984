package conformance_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/jujutest/conformance"
)

// TestJujutestDoesWhatJujuDoes takes every scenario on jujutest, in several orders of the units, and compares what units
// recorded with what they recorded on a real controller.
func TestJujutestDoesWhatJujuDoes(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/*.scenario")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		for _, seed := range []uint64{1, 2, 3} {
			t.Run(fmt.Sprintf("%s/seed-%d", strings.TrimSuffix(filepath.Base(path), ".scenario"), seed), func(t *testing.T) {
				t.Parallel()
				compare(t, path, seed)
			})
		}
	}
}

func compare(t *testing.T, path string, seed uint64) {
	scenario, err := conformance.ReadScenario(path)
	require.NoError(t, err)
	local, err := conformance.NewLocal(scenario, t.TempDir(), seed)
	require.NoError(t, err)
	defer func() { assert.NoError(t, local.Close()) }()
	got, err := conformance.Run(t.Context(), scenario, local)
	require.NoError(t, err)
	recorded, err := os.ReadFile(strings.TrimSuffix(path, ".scenario") + ".golden")
	require.NoError(t, err)
	want := conformance.WithoutKnownDifferences(string(recorded))
	if got = conformance.WithoutKnownDifferences(got); want != got {
		t.Errorf("jujutest (+) differs from Juju (-):\n%s", conformance.Diff(want, got))
	}
}
