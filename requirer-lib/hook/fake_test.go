package hook_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
)

// tools is a runner that notes the calls and says the same to each.
type tools struct {
	answer string
	calls  []hook.Call
}

func (f *tools) Run(_ context.Context, call hook.Call) ([]byte, error) {
	f.calls = append(f.calls, call)
	return []byte(f.answer), nil
}

func (f *tools) hook(t *testing.T) *hook.Hook {
	t.Helper()
	h, err := hook.New([]string{"JUJU_UNIT_NAME=app/0", "JUJU_DISPATCH_PATH=hooks/start"}, f)
	require.NoError(t, err)
	return h
}

func withAnswer(t *testing.T, answer string) *hook.Hook {
	t.Helper()
	return (&tools{answer: answer}).hook(t)
}
