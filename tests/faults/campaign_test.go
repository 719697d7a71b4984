package faults

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/tests/pair"
)

var (
	seed    = flag.Uint64("seed", 1, "the strikes follow from it")
	strikes = flag.Int("strikes", 0, "how many; 0: a hand, in which each fault comes once")
	forTime = flag.Duration("for", 0, "strike for so long")
)

// TestCampaign has the pair struck, and holds it to what docs/faults.md says.
func TestCampaign(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes minutes")
	}
	campaign := Campaign{Seed: *seed, Strikes: *strikes}
	ctx := t.Context()
	switch {
	case *forTime > 0:
		var end context.CancelFunc
		ctx, end = context.WithTimeout(ctx, *forTime)
		defer end()
		campaign.Strikes = math.MaxInt
	case campaign.Strikes == 0:
		campaign.Strikes = hand
	}
	parts, err := pair.Prepare(t.Context())
	require.NoError(t, err)
	t.Logf("repeat with: make faults SEED=%d", campaign.Seed)
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	stage, err := Open(t.Context(), parts, pair.Machines, log)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, stage.Close()) })
	if err := campaign.Run(ctx, stage); err != nil {
		assert.Fail(t, err.Error(), "repeat with: make faults SEED=%d\n%s", campaign.Seed, stage.Status())
		stage.tell(os.Stderr)
	}
}

func TestStrikesFollowFromTheSeedAlone(t *testing.T) {
	t.Parallel()
	one, same, other := NewPlan(1), NewPlan(1), NewPlan(2)
	differs := false
	for range 100 {
		strike := drawn(one.Next())
		assert.Equal(t, strike, drawn(same.Next()))
		differs = differs || strike != drawn(other.Next())
	}
	assert.True(t, differs)
}

// drawn is all that a strike has from the seed.
func drawn(strike Strike) string {
	text := strike.String()
	for _, fall := range strike.Falls {
		text += fmt.Sprintf(" %v %d", fall.After, fall.seed)
	}
	return text
}

func TestEachFaultComesOnceInAHand(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		plan, came := NewPlan(seed), map[string]int{}
		for range hand {
			for _, fall := range plan.Next().Falls {
				came[fall.Fault.Name()]++
			}
		}
		for _, deck := range decks {
			for _, fault := range deck {
				assert.Equal(t, 1, came[fault.Name()], "seed %d: %s", seed, fault.Name())
			}
		}
	}
}
