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
	"connectcharms/requirer-lib/jujutest/internal/pebblecommand"
)

// TestJujutestDoesWhatJujuDoesOnMachines takes every scenario on jujutest, in several orders of the units, and compares what
// units recorded with what they recorded on a real controller.
func TestJujutestDoesWhatJujuDoesOnMachines(t *testing.T) {
	t.Parallel()
	compareAll(t, conformance.Machines, "")
}

// TestJujutestDoesWhatJujuDoesOnKubernetes does the same with the scenarios of Kubernetes, whose containers run a real Pebble.
func TestJujutestDoesWhatJujuDoesOnKubernetes(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it builds Pebble")
	}
	pebble, err := pebblecommand.Path()
	require.NoError(t, err)
	compareAll(t, conformance.Kubernetes, pebble)
}

func compareAll(t *testing.T, substrate, pebble string) {
	paths, err := filepath.Glob(filepath.Join("testdata", substrate, "*.scenario"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		for _, seed := range []uint64{1, 2, 3} {
			t.Run(fmt.Sprintf("%s/seed-%d", strings.TrimSuffix(filepath.Base(path), ".scenario"), seed), func(t *testing.T) {
				t.Parallel()
				compare(t, path, seed, pebble)
			})
		}
	}
}

func compare(t *testing.T, path string, seed uint64, pebble string) {
	scenario, err := conformance.ReadScenario(path)
	require.NoError(t, err)
	local, err := conformance.NewLocal(scenario, t.TempDir(), seed, pebble)
	require.NoError(t, err)
	defer func() { assert.NoError(t, local.Close()) }()
	got, err := conformance.Run(t.Context(), scenario, local)
	require.NoError(t, err, got)
	recorded, err := os.ReadFile(strings.TrimSuffix(path, ".scenario") + ".golden")
	require.NoError(t, err)
	want := scenario.WithoutKnownDifferences(string(recorded))
	if got = scenario.WithoutKnownDifferences(got); want != got {
		t.Errorf("jujutest (+) differs from Juju (-):\n%s", conformance.Diff(want, got))
	}
}
