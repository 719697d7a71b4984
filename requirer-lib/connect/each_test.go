package connect_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
)

func numbered(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprintf("c%02d", i))
	}
	return names
}

func TestEachKeepsWithinItsLimitAndUsesIt(t *testing.T) {
	t.Parallel()
	for given, most := range map[int]int{0: connect.AtOnce, -1: connect.AtOnce, 1: 1, 3: 3, 100: 20} {
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			now, peak, done := 0, 0, 0
			failures := connect.Each(t.Context(), given, numbered(20), func(context.Context, string) error {
				mu.Lock()
				now++
				peak = max(peak, now)
				mu.Unlock()
				time.Sleep(time.Second) // the bubble's clock goes on when all of them are at work
				mu.Lock()
				now--
				done++
				mu.Unlock()
				return nil
			})
			require.NoError(t, failures.Err())
			assert.Equal(t, 20, done)
			assert.Equal(t, most, peak, "at most %d", given)
		})
	}
}

func TestOneFailureHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	bad := errors.New("bad")
	failures := connect.Each(t.Context(), 2, []string{"b", "a", "c", "d", "a"}, func(_ context.Context, name string) error {
		if name == "a" || name == "c" {
			return bad
		}
		return nil
	})
	assert.Equal(t, connect.Failures{"a": bad, "c": bad}, failures)
	require.ErrorIs(t, failures.Err(), bad)
	require.EqualError(t, failures.Err(), "connector a: bad\nconnector c: bad")
	assert.Empty(t, connect.Each(t.Context(), 0, nil, nil))
}

func TestWhatWasNotBegunWhenTheContextEndedIsTold(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var begun atomic.Int64
	failures := connect.Each(ctx, 1, numbered(5), func(_ context.Context, name string) error {
		if begun.Add(1) == 2 {
			cancel()
		}
		return nil
	})
	assert.Equal(t, int64(2), begun.Load())
	assert.Len(t, failures, 3)
	for _, name := range []string{"c02", "c03", "c04"} {
		require.ErrorIs(t, failures[name], context.Canceled)
		assert.ErrorContains(t, failures[name], "not begun")
	}
}
