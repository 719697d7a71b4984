package hook_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
)

func TestLeadershipMovesAndOnlyTheNewLeaderIsTold(t *testing.T) {
	t.Parallel()
	s, id := newStage(t, jujutest.DeployOptions{Units: 2})
	leads := func(unit string) (leads bool) {
		s.in(t, unit, func(ctx context.Context, h *hook.Hook) (err error) {
			leads, err = h.IsLeader(ctx)
			return err
		})
		return leads
	}
	assert.True(t, leads("server/0"))
	assert.False(t, leads("server/1"))
	before := len(s.HookNames("server/0"))
	require.NoError(t, s.SetLeader("server/1"))
	s.settle(t)
	assert.Len(t, s.HookNames("server/0"), before)
	names := s.HookNames("server/1")
	assert.Equal(t, string(hook.LeaderElected), names[len(names)-1])
	assert.False(t, leads("server/0"))
	s.in(t, "server/1", func(ctx context.Context, h *hook.Hook) error {
		return h.RelationSetApp(ctx, id, hook.Databag{"leader": h.Unit})
	})
	s.in(t, "server/0", func(ctx context.Context, h *hook.Hook) error {
		_, err := h.StatusGetApp(ctx)
		refusal(t, err, "status-get", "not the leader")
		refusal(t, h.StatusSetApp(ctx, hook.Status{Name: hook.Active}), "status-set", "not the leader")
		return nil
	})
}

func TestGoalStateHasUnitsAndRelations(t *testing.T) {
	t.Parallel()
	s, _ := newStage(t, jujutest.DeployOptions{Units: 2})
	s.in(t, "server/0", func(ctx context.Context, h *hook.Hook) error {
		require.NoError(t, h.StatusSet(ctx, hook.Status{Name: hook.Active}))
		goal, err := h.GoalState(ctx)
		require.NoError(t, err)
		require.Contains(t, goal.Units, "server/1")
		assert.Equal(t, "active", goal.Units["server/0"].Status)
		assert.WithinDuration(t, time.Now(), goal.Units["server/0"].Since, time.Minute)
		require.Contains(t, goal.Relations, "db")
		assert.Equal(t, "joined", goal.Relations["db"]["client"].Status)
		assert.Contains(t, goal.Relations["db"], "client/0")
		return nil
	})
}

func TestGoalStateReadsJujusTimes(t *testing.T) {
	t.Parallel()
	goal, err := withAnswer(t, `{"units":{"a/0":{"status":"active","since":"2026-07-13 14:29:45Z"},"a/1":{"status":"waiting"}},"relations":{}}`).GoalState(t.Context())
	require.NoError(t, err)
	assert.Equal(t, time.Date(2026, 7, 13, 14, 29, 45, 0, time.UTC), goal.Units["a/0"].Since)
	assert.Equal(t, hook.GoalStatus{Status: "waiting"}, goal.Units["a/1"])
	for _, wrong := range []string{`"2026-07-13"`, "7"} {
		_, err = withAnswer(t, `{"units":{"a/0":{"status":"active","since":`+wrong+`}}}`).GoalState(t.Context())
		require.ErrorContains(t, err, "goal-state: its answer is not the JSON expected")
	}
}
