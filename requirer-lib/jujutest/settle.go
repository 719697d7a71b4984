package jujutest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
)

// Settle runs the hooks of all units until none has anything left to do: the units concurrently, each unit's hooks one
// after the other (with [Options.Seed] all one after the other). A failed hook is run again at once, as often as
// [Options.HookRetries] allows; then its unit rests in an error state, and the others still settle. The error names every
// unit in an error state, its hook and the end of what it printed.
func (m *Model) Settle(ctx context.Context) error {
	m.settling.Lock()
	defer m.settling.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	stop := context.AfterFunc(ctx, m.wake)
	defer stop()
	m.ran = 0
	for {
		stuck := cmp.Or(context.Cause(ctx), context.Cause(m.life))
		if stuck == nil && m.ran >= m.options.MaxHooks {
			stuck = fmt.Errorf("the model does not rest: %d hooks have run, the last of them %v", m.ran, m.lastHooks(8))
		}
		if stuck == nil {
			m.startHooks(ctx)
		}
		if m.running == 0 && stuck == nil && m.electLeaders() {
			continue
		}
		if m.running == 0 && (stuck != nil || !m.containersStarting()) {
			if stuck != nil {
				return errors.Join(fmt.Errorf("settle: %w", stuck), m.unitErrors())
			}
			return m.unitErrors()
		}
		m.changed.Wait()
	}
}

// wake makes whoever waits for the model look again.
func (m *Model) wake() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.changed.Broadcast()
}

// startHooks starts a hook on every unit that has one to run, or in a seeded model on one of them.
func (m *Model) startHooks(ctx context.Context) {
	if m.order != nil && m.running > 0 {
		return
	}
	type pending struct {
		unit *unit
		info hookInfo
	}
	var all []pending
	for _, u := range m.sortedUnits() {
		if u.busy || u.restarting {
			continue
		}
		if info := m.nextHook(u); info != nil {
			all = append(all, pending{u, *info})
		}
	}
	if m.order != nil && len(all) > 0 {
		all = all[m.order.IntN(len(all)):][:1]
	}
	for _, p := range all {
		m.occupy(p.unit)
		go func() {
			m.runHook(ctx, p.unit, p.info)
			m.release(p.unit)
		}()
	}
}

// occupy reserves a free unit for one hook or action.
func (m *Model) occupy(u *unit) {
	u.busy = true
	m.running++
}

// release ends what occupy began; call it without the model's mutex.
func (m *Model) release(u *unit) {
	m.mu.Lock()
	defer m.mu.Unlock()
	u.busy = false
	m.running--
	m.changed.Broadcast()
}

// unitErrors describes the units in an error state.
func (m *Model) unitErrors() error {
	var errs []error
	for _, u := range m.sortedUnits() {
		if !u.inError() {
			continue
		}
		name := u.failed.name()
		runs := m.runsOf(u.name)
		err := fmt.Errorf("unit %s is in an error state: hook %q failed %d times", u.name, name, u.failures)
		for _, run := range slices.Backward(runs) {
			if run.Name == name {
				err = fmt.Errorf("%w: %s\n%s", err, run.Err, lastLines(run.Output, 20))
				break
			}
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// HookLog lists all hooks and actions that have run, in the order in which they ended.
func (m *Model) HookLog() []HookRun {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.hooks)
}

// HookNames lists the names of the hooks and actions that a unit has run, in their order.
func (m *Model) HookNames(unit string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var names []string
	for _, run := range m.runsOf(unit) {
		names = append(names, run.Name)
	}
	return names
}

func (m *Model) runsOf(unit string) []HookRun {
	var runs []HookRun
	for _, run := range m.hooks {
		if run.Unit == unit {
			runs = append(runs, run)
		}
	}
	return runs
}

func (m *Model) lastHooks(count int) []string {
	var names []string
	for _, run := range m.hooks[max(0, len(m.hooks)-count):] {
		names = append(names, run.Unit+" "+run.Name)
	}
	return names
}
