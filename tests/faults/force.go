package faults

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"syscall"
	"time"

	"connectcharms/tests/faults/clock"
	"connectcharms/tests/faults/network"
	"connectcharms/tests/pair"
)

// forces are faults of what the pair stands on. Each lasts for some seconds, and is undone.
var forces = []Fault{
	fault{"the broker is out of reach", hideBroker},
	fault{"connections to the broker break", breakConnections},
	fault{"the way to the broker is slow", slowBroker},
	fault{"the server of plugins answers wrongly", serveWrongly},
	fault{"the clock of a worker's unit jumps", jumpUnit},
	fault{"the clock of a manager's unit jumps", jumpManager},
}

// lasting is for how long a force lasts: less than what a broker gives to a member of a group that is silent.
func lasting(random *rand.Rand) time.Duration {
	return time.Duration(random.IntN(5000)) * time.Millisecond
}

// hideBroker has nobody reach the broker, in one of the ways in which networks do that.
func hideBroker(ctx context.Context, s *Stage, random *rand.Rand) error {
	harm, _ := pick(random, []network.Harm{{Silent: true}, {Refuse: true}, {Reset: true}})
	return s.harm(ctx, harm, lasting(random))
}

// breakConnections ends them in the middle of what is said.
func breakConnections(ctx context.Context, s *Stage, random *rand.Rand) error {
	harm, _ := pick(random, []network.Harm{{HalfClose: true}, {ResetAfter: 1 + random.IntN(5000)}})
	return s.harm(ctx, harm, lasting(random))
}

func slowBroker(ctx context.Context, s *Stage, random *rand.Rand) error {
	harm, _ := pick(random, []network.Harm{
		{Latency: time.Duration(random.IntN(500)) * time.Millisecond},
		{Rate: 1000 + random.IntN(100_000)},
	})
	return s.harm(ctx, harm, lasting(random))
}

func (s *Stage) harm(ctx context.Context, harm network.Harm, lasts time.Duration) error {
	s.say("the way to the broker for %v: %+v", lasts, harm)
	if err := s.Broker.way.Suffer(harm); err != nil {
		return err
	}
	pause(ctx, lasts)
	return s.Broker.way.Heal()
}

// jumpUnit has gateway, worker and Pebble of a unit be hours or years off.
func jumpUnit(ctx context.Context, s *Stage, random *rand.Rand) error {
	unit, _ := pick(random, s.Units(pair.Provider))
	pids := append(s.pebbles(unit), pair.Gateways(s.seen(unit))...)
	return s.jump(ctx, random, unit, append(pids, pair.Worker(s.seen(unit))))
}

func jumpManager(ctx context.Context, s *Stage, random *rand.Rand) error {
	unit, _ := pick(random, s.Units(linesApp))
	info, err := s.Unit(unit)
	if err != nil {
		return nil //nolint:nilerr // it has gone
	}
	return s.jump(ctx, random, unit, append(s.pebbles(unit), pair.Managers(info.Root)...))
}

func (s *Stage) jump(ctx context.Context, random *rand.Rand, unit string, pids []int) error {
	const year = 365 * 24 * time.Hour
	off, _ := pick(random, []time.Duration{-20 * year, -3 * time.Hour, -time.Minute, time.Minute, 3 * time.Hour, 20 * year})
	lasts := lasting(random)
	s.say("the clock of %s is off by %v, for %v", unit, off, lasts)
	for _, by := range []time.Duration{off, 0} {
		for _, pid := range pids {
			if err := clock.Set(pid, by); err != nil && !hasEnded(err) {
				return err
			}
		}
		if by != 0 {
			pause(ctx, lasts)
		}
	}
	return nil
}

// hasEnded says of a clock that could not be set that its process has ended, or that it cannot be done on this machine.
func hasEnded(err error) bool {
	for _, known := range []error{fs.ErrNotExist, os.ErrProcessDone, syscall.ESRCH, syscall.EIO, clock.ErrUnsupported, fs.ErrPermission} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}
