package e2e

import (
	"testing"

	"connectcharms/tests/pair"
)

// onEach runs a test on each substrate.
func onEach(t *testing.T, test func(t *testing.T, s *stage)) {
	t.Parallel()
	for _, on := range []pair.Substrate{pair.Machines, pair.Kubernetes} {
		t.Run(on.Name, func(t *testing.T) {
			t.Parallel()
			test(t, newStageOn(t, on))
		})
	}
}
