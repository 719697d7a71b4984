package faults

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"syscall"
	"time"

	"connectcharms/tests/pair"
)

// kills are faults by signals that a process has no say in.
var kills = []Fault{
	fault{"a worker is killed", killWorker},
	fault{"a gateway is killed", killGateway},
	fault{"Pebble is killed", killPebble},
	fault{"Pebble and all its services are killed", killUnit},
	fault{"the manager is killed", killManager},
	fault{"a hook is killed", killHook},
	fault{"hooks are killed again and again", killHooks},
	fault{"the broker is killed", killBroker},
	fault{"a process hangs for a while", hang},
}

func killWorker(_ context.Context, s *Stage, random *rand.Rand) error {
	unit, _ := pick(random, s.Units(pair.Provider))
	s.kill("the worker of "+unit, pair.Worker(s.seen(unit)))
	return nil
}

func killGateway(_ context.Context, s *Stage, random *rand.Rand) error {
	unit, _ := pick(random, s.Units(pair.Provider))
	s.kill("the gateway of "+unit, pair.Gateways(s.seen(unit))...)
	return nil
}

// killPebble leaves the services that Pebble ran without it.
func killPebble(_ context.Context, s *Stage, random *rand.Rand) error {
	app, _ := pick(random, []string{pair.Provider, linesApp})
	unit, _ := pick(random, s.Units(app))
	s.Ledger.harm(unit, time.Now(), time.Now())
	s.kill("Pebble of "+unit, s.pebbles(unit)...)
	return nil
}

// killUnit is the power cut of a machine that is back at once: nothing of it runs, and all its files are there.
func killUnit(_ context.Context, s *Stage, random *rand.Rand) error {
	unit, _ := pick(random, s.Units(pair.Provider))
	s.Ledger.harm(unit, time.Now(), time.Now())
	pids := append(s.pebbles(unit), pair.Gateways(s.seen(unit))...)
	s.kill("all of "+unit, append(pids, pair.Worker(s.seen(unit)))...)
	return nil
}

func killManager(_ context.Context, s *Stage, random *rand.Rand) error {
	unit, _ := pick(random, s.Units(linesApp))
	info, err := s.Unit(unit)
	if err == nil {
		s.kill("the manager of "+unit, pair.Managers(info.Root)...)
	}
	return nil
}

// killHook kills a hook of one of the charms, at a random moment of the time that short ones take, or long ones.
func killHook(ctx context.Context, s *Stage, random *rand.Rand) error {
	unit, _ := pick(random, append(s.Units(pair.Provider), s.Units(linesApp)...))
	s.killHookOf(ctx, unit, random)
	return nil
}

// killHooks does so to three hooks of a unit, one after the other.
func killHooks(ctx context.Context, s *Stage, random *rand.Rand) error {
	unit, _ := pick(random, s.Units(pair.Provider))
	for range 3 {
		s.killHookOf(ctx, unit, random)
	}
	return nil
}

// What hooks take: with nothing to do, and where a worker starts.
const (
	shortHook = 200 * time.Millisecond
	longHook  = 3 * time.Second
)

// tries is how often a hook that runs is looked for: it may have ended a moment before it is to be killed.
const tries = 20

func (s *Stage) killHookOf(ctx context.Context, unit string, random *rand.Rand) {
	most, _ := pick(random, []time.Duration{shortHook, longHook})
	for range tries {
		if s.UpdateStatus(unit) != nil || ctx.Err() != nil {
			return // the unit has gone
		}
		pause(ctx, time.Duration(random.Int64N(int64(most))))
		if killed, err := s.KillHook(unit); killed || err != nil {
			s.say("killed a hook of %s", unit)
			return
		}
		most = shortHook
	}
	s.say("no hook of %s ran", unit)
}

func killBroker(ctx context.Context, s *Stage, random *rand.Rand) error {
	away := time.Duration(random.IntN(3000)) * time.Millisecond
	s.say("the broker is away for %v", away)
	return s.Broker.Kill(ctx, func() { pause(ctx, away) })
}

// hang stops a process for up to seven seconds, which keeps its memory and its connections and answers nobody.
func hang(ctx context.Context, s *Stage, random *rand.Rand) error {
	which, _ := pick(random, []string{"worker", "gateway", "Pebble", "manager"})
	unit, _ := pick(random, s.Units(pair.Provider))
	if which == "manager" {
		unit, _ = pick(random, s.Units(linesApp))
	}
	info, err := s.Unit(unit)
	if err != nil {
		return err
	}
	pids := map[string][]int{
		"worker": {pair.Worker(s.On.Seen(info))}, "gateway": pair.Gateways(s.On.Seen(info)),
		"Pebble": s.pebbles(unit), "manager": pair.Managers(info.Root),
	}[which]
	length := time.Duration(random.IntN(7000)) * time.Millisecond
	s.say("%s of %s hangs for %v: %v", which, unit, length, pids)
	send(syscall.SIGSTOP, pids)
	defer send(syscall.SIGCONT, pids)
	if which == "Pebble" {
		s.Ledger.harm(unit, time.Now(), time.Now().Add(length))
	}
	pause(ctx, length)
	return nil
}

// pebbles are the processes of a unit's Pebble.
func (s *Stage) pebbles(unit string) []int {
	info, err := s.Unit(unit)
	if err != nil {
		return nil
	}
	dirs, _ := filepath.Glob(filepath.Join(info.Root, "var/lib/*/pebble")) // the pattern is right
	var pids []int
	for _, dir := range dirs {
		pids = append(pids, pair.Daemons(dir)...)
	}
	return pids
}

func (s *Stage) kill(what string, pids ...int) {
	send(syscall.SIGKILL, pids)
	s.say("killed %s: %v", what, pids)
}

// send sends a signal to processes, which may have ended.
func send(signal syscall.Signal, pids []int) {
	for _, pid := range pids {
		if pid > 0 {
			_ = syscall.Kill(pid, signal) // see above
		}
	}
}
