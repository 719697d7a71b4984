package hook_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/secret"
)

type recorded struct{ calls [][]string }

func (r *recorded) Run(_ context.Context, call hook.Call) ([]byte, error) {
	r.calls = append(r.calls, append([]string{call.Tool}, call.Args...))
	return nil, nil
}

func TestLogLinesGoToTheModelsLogAtTheirLevel(t *testing.T) {
	t.Parallel()
	var tools recorded
	h, err := hook.New([]string{"JUJU_UNIT_NAME=app/0", "JUJU_DISPATCH_PATH=hooks/start"}, &tools)
	require.NoError(t, err)
	log := slog.New(h.LogHandler()).With("hook", h.Name)
	log.Debug("left out")
	log.Info("step", "does", "x y", "password", secret.New("hunter2"))
	log.WithGroup("g").Warn("--odd", "time", 3)
	log.Error("bad")
	assert.Equal(t, [][]string{
		{"juju-log", "--log-level", "INFO", "--", `msg=step hook=start does="x y" password=[redacted]`},
		{"juju-log", "--log-level", "WARNING", "--", "msg=--odd hook=start g.time=3"},
		{"juju-log", "--log-level", "ERROR", "--", "msg=bad hook=start"},
	}, tools.calls)
}
