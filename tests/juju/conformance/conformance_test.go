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

// backend is a model of a real controller.
type backend interface {
	model.Backend
	Close(ctx context.Context) error
}

// TestJujuDoesWhatIsRecordedOnMachines takes every scenario of machines on a real controller, and compares with the
// recordings that jujutest is held to.
func TestJujuDoesWhatIsRecordedOnMachines(t *testing.T) {
	t.Parallel()
	compareAll(t, model.Machines, "../controller", func(ctx context.Context, s *model.Scenario, controller, dir string) (backend, error) {
		return conformance.NewMachines(ctx, s, controller, dir)
	})
}

// TestJujuDoesWhatIsRecordedOnKubernetes does the same with those of Kubernetes.
func TestJujuDoesWhatIsRecordedOnKubernetes(t *testing.T) {
	t.Parallel()
	compareAll(t, model.Kubernetes, "../kubernetes", func(ctx context.Context, s *model.Scenario, controller, dir string) (backend, error) {
		return conformance.NewPods(ctx, s, controller, dir)
	})
}

// start makes a model for a scenario; what it returns is to be closed, also with an error.
type start func(ctx context.Context, s *model.Scenario, controller, dir string) (backend, error)

func compareAll(t *testing.T, substrate, controller string, start start) {
	if os.Getenv("KAFKA_CONNECT_INTEGRATION") != substrate {
		t.Skipf("needs root and the local Juju controller: KAFKA_CONNECT_INTEGRATION=%s (see docs/conformance.md)", substrate)
	}
	controller, err := filepath.Abs(controller)
	require.NoError(t, err)
	paths, err := filepath.Glob(filepath.Join(scenarios, substrate, "*.scenario"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".scenario"), func(t *testing.T) { // not parallel: they would crowd out others
			compare(t, path, controller, start)
		})
	}
}

func compare(t *testing.T, path, controller string, start start) {
	scenario, err := model.ReadScenario(path)
	require.NoError(t, err)
	real, err := start(t.Context(), scenario, controller, t.TempDir())
	defer func() { assert.NoError(t, real.Close(context.WithoutCancel(t.Context()))) }()
	require.NoError(t, err)
	got, err := model.Run(t.Context(), scenario, real)
	golden := strings.TrimSuffix(path, ".scenario") + ".golden"
	require.NoError(t, err, got)
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
		return
	}
	recorded, err := os.ReadFile(golden)
	require.NoError(t, err)
	want := scenario.WithoutRaces(string(recorded))
	if got = scenario.WithoutRaces(got); want != got {
		t.Errorf("Juju now (+) differs from what was recorded (-):\n%s", model.Diff(want, got))
	}
}
