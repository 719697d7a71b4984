package connectors_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAfterACallThePlanIsEmpty holds for whatever was there before, whoever owns it. Nothing is waited for here, so a
// connector that was paused and then failed shows only to the next call that it is paused.
func TestAfterACallThePlanIsEmpty(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			s := newScene(t, seed)
			for range 2 {
				_, err := s.sync(t.Context(), s.owned)
				require.NoError(t, err)
			}
			s.requireDone(t, s.takeWrites())

			s.takeRequests()
			s.byPlan = false
			report, err := s.sync(t.Context(), s.owned)
			require.NoError(t, err)
			require.False(t, report.IsChanged())
			require.Equal(t, []string{"GET"}, s.takeRequests(), "one request, and no write")
		})
	}
}

// TestInterruptedAnywhereTheNextCallCompletesIt ends the first call in the middle of its nth change, which the cluster has
// got or not.
func TestInterruptedAnywhereTheNextCallCompletesIt(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			s := newScene(t, seed)
			random := rand.New(rand.NewPCG(seed, 2))
			at, isLost := 1+random.Int64N(8), random.IntN(2) == 0
			ctx, end := context.WithCancel(t.Context())
			defer end()
			var changes atomic.Int64
			proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				isLast := r.Method != http.MethodGet && changes.Add(1) == at
				if isLast && isLost {
					end()
					panic(http.ErrAbortHandler)
				}
				s.ServeHTTP(w, r)
				if isLast {
					end()
				}
			}))
			defer proxy.Close()
			through := s.owned
			through.Client = clientOf(t, proxy.URL)
			_, _ = s.sync(ctx, through)
			proxy.Close() // what is under way gets there

			for range 2 {
				_, err := s.sync(t.Context(), s.owned)
				require.NoError(t, err)
			}
			s.requireDone(t, s.takeWrites())
		})
	}
}
