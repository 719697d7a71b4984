package faults

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
)

// Campaign is strikes from a seed.
type Campaign struct {
	Seed    uint64
	Strikes int // at most
}

// Run strikes a stage until the pair does not hold, the strikes are done, or the context ends, which is no error.
func (c Campaign) Run(ctx context.Context, s *Stage) error {
	plan := NewPlan(c.Seed)
	checked, checker := s.Check(ctx)
	defer func() { s.say("looked %v", checker.End()) }()
	for range c.Strikes {
		strike := plan.Next()
		s.say("seed %d, %s", c.Seed, strike)
		if err := s.suffer(checked, strike); err != nil {
			if ctx.Err() != nil {
				return nil //nolint:nilerr // the time is over
			}
			return fmt.Errorf("%s: %w", strike, err)
		}
	}
	return nil
}

// suffer has the faults of a strike fall while hooks run, and judges what became of the pair.
func (s *Stage) suffer(ctx context.Context, strike Strike) error {
	live, stop := context.WithCancel(ctx)
	defer stop()
	var agents sync.WaitGroup
	var failed error
	agents.Go(func() { failed = s.Live(live) })
	struck := s.fall(ctx, strike)
	stop()
	agents.Wait()
	if err := errors.Join(context.Cause(ctx), struck, failed); err != nil {
		return err
	}
	rounds, err := s.Judge(ctx)
	if err != nil {
		return errors.Join(context.Cause(ctx), err)
	}
	s.say("the pair rests after %d rounds", rounds)
	return nil
}

// fall has all faults of a strike fall, each in its moment.
func (s *Stage) fall(ctx context.Context, strike Strike) error {
	errs := make([]error, len(strike.Falls))
	var falls sync.WaitGroup
	for i, fall := range strike.Falls {
		falls.Go(func() {
			pause(ctx, fall.After)
			if err := fall.Fault.Strike(ctx, s, rand.New(rand.NewPCG(fall.seed, 0))); err != nil {
				errs[i] = fmt.Errorf("%s: %w", fall.Fault.Name(), err)
			}
		})
	}
	falls.Wait()
	return errors.Join(errs...)
}
