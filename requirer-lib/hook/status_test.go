package hook_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
)

func TestStatusesAreReadBackAsSet(t *testing.T) {
	t.Parallel()
	s, _ := newStage(t, jujutest.DeployOptions{})
	for _, status := range []hook.Status{
		{Name: hook.Active},
		{Name: hook.Blocked, Message: "set the option port"},
		{Name: hook.Waiting, Message: "--application is not an option here"},
		{Name: hook.Maintenance, Message: "-- lines\nand \"quotes\""},
	} {
		s.in(t, "server/0", func(ctx context.Context, h *hook.Hook) error {
			require.NoError(t, h.StatusSet(ctx, status))
			got, err := h.StatusGet(ctx)
			require.NoError(t, err)
			assert.Equal(t, status, got)
			require.NoError(t, h.StatusSetApp(ctx, status))
			got, err = h.StatusGetApp(ctx)
			assert.Equal(t, status, got)
			return err
		})
	}
}

func TestAStatusThatJujuDoesNotKnowIsRefused(t *testing.T) {
	t.Parallel()
	s, _ := newStage(t, jujutest.DeployOptions{})
	s.in(t, "server/0", func(ctx context.Context, h *hook.Hook) error {
		refusal(t, h.StatusSet(ctx, hook.Status{Name: "fine"}), "status-set", `invalid status "fine"`)
		return nil
	})
}

func TestTheWorkloadsVersionIsShown(t *testing.T) {
	t.Parallel()
	s, _ := newStage(t, jujutest.DeployOptions{})
	s.in(t, "server/0", func(ctx context.Context, h *hook.Hook) error { return h.ApplicationVersionSet(ctx, "-4.1.0") })
	assert.Contains(t, s.Status(), "-4.1.0")
}

func TestAShortStatusIsOneLineThatFits(t *testing.T) {
	t.Parallel()
	status := hook.Status{Name: hook.Waiting, Message: " the lines\n\tof a trace " + strings.Repeat("ü", 300)}.Short()
	assert.Equal(t, hook.Waiting, status.Name)
	assert.Equal(t, "the lines of a trace "+strings.Repeat("ü", 218)+"…", status.Message)
	assert.Equal(t, hook.Status{Name: hook.Active}, hook.Status{Name: hook.Active}.Short())
}
