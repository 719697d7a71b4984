package charm

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
)

var seeds = flag.Uint64("seeds", 20, "how many orders of hooks each simulation goes through, for each number of units")

func eachSeed(t *testing.T, test func(t *testing.T, units int, seed uint64)) {
	t.Helper()
	for _, units := range []int{1, 3, 5} {
		for seed := range *seeds {
			t.Run(fmt.Sprintf("units=%d/seed=%d", units, seed), func(t *testing.T) {
				t.Parallel()
				test(t, units, seed)
			})
		}
	}
}

const (
	together  = 5
	mostSteps = 10_000 // in one settling
)

// integrateTogether makes relations that ask for so many plugins: three in contract v0, one in v1 with two requests.
func (s *simulation) integrateTogether() {
	for id := range hook.RelationID(together - 2) {
		s.integrate(id+1, fmt.Sprintf("http://10.0.0.9/%d", id))
	}
	s.integrate(together, fmt.Sprintf("http://10.0.0.9/%d", together-2), fmt.Sprintf("http://10.0.0.9/%d", together-1))
}

func TestPluginsThatComeTogetherCostEachWorkerOneRestartInAnyOrder(t *testing.T) {
	t.Parallel()
	eachSeed(t, func(t *testing.T, units int, seed uint64) {
		s := newSimulation(t, seed, units)
		s.integrateTogether()
		s.settle()
		for name, unit := range s.units {
			assert.Equal(t, 1, unit.restarts, name)
			assert.Len(t, unit.started.Plugins, together, name)
		}
		restarted := s.units[unit0].restarts
		s.integrate(100, "http://10.0.0.9/0")
		s.settle()
		assert.Equal(t, restarted, s.units[unit0].restarts, "what every worker has loaded costs none")
	})
}

// TestWhatUnitsTellEachOtherForAPluginGrowsInProportion counts what is written, for Juju runs a hook for it on each of the others.
func TestWhatUnitsTellEachOtherForAPluginGrowsInProportion(t *testing.T) {
	t.Parallel()
	eachSeed(t, func(t *testing.T, units int, seed uint64) {
		s := newSimulation(t, seed, units)
		s.reports, s.shares = 0, 0
		s.integrate(1, "http://10.0.0.9/1")
		s.settle()
		assert.LessOrEqual(t, s.reports, 3*units, "each unit: it is installed; it is loaded; the account is accepted")
		assert.LessOrEqual(t, s.shares, 2*units+2, "the leader: a secret; a turn for each, which may end before the next one waits; an account")
	})
}

func TestAMachineThatIsDeadHoldsUpTheOthersForATimeAndIsNamed(t *testing.T) {
	t.Parallel()
	eachSeed(t, func(t *testing.T, units int, seed uint64) {
		if units == 1 {
			t.Skip("there are no others")
		}
		s := newSimulation(t, seed, units)
		dead := s.units[unit1]
		s.integrate(1, "http://10.0.0.9/1")
		for !dead.sent.NeedsRestart {
			require.True(t, s.step())
		}
		dead.lost, dead.hook = true, nil
		for range 6 { // half an hour
			for s.step() {
			}
			s.updateStatus()
		}
		for name, unit := range s.units {
			if unit != dead {
				assert.Equal(t, 1, unit.restarts, name)
			}
		}
		for s.shared.Turn.Unit == unit1 && s.now.Sub(s.shared.Turn.Since) < time.Hour {
			s.updateStatus()
			for s.step() {
			}
		}
		assert.Contains(t, status(s.world(s.units[s.leader])).Message, unit1)
		s.leave(unit1)
		s.settle()
	})
}

// TestARolloutEndsWhateverHappens is a rollout with new leaders, units that come and go, hooks killed before and after
// steps, downloads that fail and workers that start slowly. What must always be so is checked in apply.
func TestARolloutEndsWhateverHappens(t *testing.T) {
	t.Parallel()
	eachSeed(t, func(t *testing.T, units int, seed uint64) {
		s := newSimulation(t, seed, units)
		s.killing, s.failing, s.slow = 0.05, 0.2, 0.2
		s.integrateTogether()
		for range 400 {
			s.step()
			switch event := s.Float64(); {
			case event < 0.01:
				s.join()
			case event < 0.02 && len(s.units) > 1:
				s.leave(s.anyUnit())
			case event < 0.05:
				s.leader = s.anyUnit()
				s.units[s.leader].due = true
			case event < 0.055:
				s.units[s.anyUnit()].sent.Asks = s.shared.Restart + 1
			}
		}
		s.killing, s.failing, s.slow = 0, 0, 0
		s.settle()
		for _, unit := range s.units {
			assert.Len(t, unit.started.Plugins, together, unit.name)
			assert.GreaterOrEqual(t, unit.started.Request, s.shared.Restart, unit.name)
		}
	})
}
