package reconcile_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/reconcile"
)

type world struct{ water int }

type (
	step = reconcile.Step[string, *world]
	rule = reconcile.Rule[string, *world]
)

type pour struct{ fail error }

func (p pour) Apply(_ context.Context, unit string, w *world) error {
	if unit == "can" {
		w.water++
	}
	return p.fail
}

func until(full int) rule {
	return func(w *world) step {
		if w.water < full {
			return pour{}
		}
		return nil
	}
}

func TestStepsAreAppliedUntilNoneIsDue(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	w := &world{}
	require.NoError(t, reconcile.Run(t.Context(), "can", w, until(3), slog.New(slog.NewTextHandler(&log, nil))))
	assert.Equal(t, 3, w.water)
	assert.Equal(t, 3, bytes.Count(log.Bytes(), []byte("does=reconcile_test.pour")))
}

func TestARuleThatIsNeverContentIsStopped(t *testing.T) {
	t.Parallel()
	err := reconcile.Run(t.Context(), "sieve", &world{}, until(1), slog.New(slog.DiscardHandler))
	require.ErrorContains(t, err, "still due")
}

func TestAFailedStepIsNamed(t *testing.T) {
	t.Parallel()
	cause := errors.New("dropped")
	failing := func(*world) step { return pour{cause} }
	err := reconcile.Run(t.Context(), "can", &world{}, failing, slog.New(slog.DiscardHandler))
	require.ErrorIs(t, err, cause)
	assert.EqualError(t, err, "reconcile_test.pour: dropped")
}

func TestTheFirstRuleThatIsDueWins(t *testing.T) {
	t.Parallel()
	none := func(*world) step { return nil }
	one := func(*world) step { return pour{errors.New("one")} }
	assert.Equal(t, pour{errors.New("one")}, reconcile.First(&world{}, none, one, until(1)))
	assert.Nil(t, reconcile.First(&world{}, none))
}

func TestAKeyIsTriedOnceUntilItIsForgotten(t *testing.T) {
	t.Parallel()
	var tried reconcile.Tried
	tried.Forget("a")
	assert.True(t, tried.First("a"))
	assert.False(t, tried.First("a"))
	assert.True(t, tried.First("b"))
	tried.Forget("a")
	assert.True(t, tried.First("a"))
}

func TestAUnitRemembersThatItLeaves(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "leaving")
	leaving := func(event hook.Event) bool {
		event.Unit = "app/1"
		is, err := reconcile.IsLeaving(event, file)
		require.NoError(t, err)
		return is
	}
	departed := func(unit string) hook.Event {
		return hook.Event{Kind: hook.RelationDeparted, Relation: &hook.RelationEvent{DepartingUnit: unit}}
	}
	assert.False(t, leaving(hook.Event{Kind: hook.UpdateStatus}))
	assert.False(t, leaving(departed("other/0")))
	assert.True(t, leaving(departed("app/1")))
	assert.True(t, leaving(hook.Event{Kind: hook.RelationBroken}), "from then on")
	assert.True(t, leaving(hook.Event{Kind: hook.Stop}))
	assert.False(t, leaving(hook.Event{Kind: hook.Install}), "another unit, in the storage of one that left")
	assert.False(t, leaving(hook.Event{Kind: hook.RelationBroken}))
}

func TestAUnitOnAMachineGoesForGoodWhenItStops(t *testing.T) {
	t.Parallel()
	assert.True(t, reconcile.IsLast(hook.Event{Kind: hook.Stop, MachineID: "0"}), "remove may never come")
	assert.True(t, reconcile.IsLast(hook.Event{Kind: hook.Remove, MachineID: "0"}))
	assert.False(t, reconcile.IsLast(hook.Event{Kind: hook.Stop}), "the pod may come again, and finds its storage")
	assert.True(t, reconcile.IsLast(hook.Event{Kind: hook.Remove}))
	assert.False(t, reconcile.IsLast(hook.Event{Kind: hook.Start, MachineID: "0"}))
}
