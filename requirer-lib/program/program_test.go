package program_test

import (
	"context"
	"io"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/program"
)

func TestTheProgramRunsWhatItsArgumentsSay(t *testing.T) {
	t.Setenv("JUJU_UNIT_NAME", "app/0")
	t.Setenv("JUJU_DISPATCH_PATH", "hooks/start")
	var ran []string
	p := program.Program{
		Name: "app",
		Dispatch: func(_ context.Context, h *hook.Hook, _ *slog.Logger) error {
			ran = append(ran, "dispatch "+h.Name)
			return nil
		},
		Commands: []program.Command{{Name: "serve", Summary: "serve it", Run: func(_ context.Context, config string, _ *slog.Logger) error {
			ran = append(ran, "serve "+config)
			return nil
		}}},
	}
	require.NoError(t, p.Run(t.Context(), []string{"dispatch"}, io.Discard))
	require.NoError(t, p.Run(t.Context(), []string{"serve", "--config", "f"}, io.Discard))
	assert.Equal(t, []string{"dispatch start", "serve f"}, ran)

	for said, args := range map[string][]string{
		"what to do is missing\nusage: app dispatch: run the hook": {},
		"\"dance\" is nothing to do":                               {"dance"},
		"serve takes --config FILE":                                {"serve"},
		"serve takes --config FILE and nothing else":               {"serve", "--config", "f", "g"},
		"flag provided but not defined":                            {"serve", "--nothing"},
	} {
		require.ErrorContains(t, p.Run(t.Context(), args, io.Discard), said)
	}
	assert.Len(t, ran, 2)
}

func TestOutsideOfAHookDispatchSaysSo(t *testing.T) {
	t.Setenv("JUJU_UNIT_NAME", "")
	require.ErrorIs(t, program.Program{}.Run(t.Context(), []string{"dispatch"}, io.Discard), hook.ErrNotInHook)
}
