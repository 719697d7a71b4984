package jujutest

import (
	"fmt"
	"sort"
)

// SetLeader makes a unit its application's leader, as when the old leader's agent stops answering. The new leader runs
// leader-elected; the old one is told nothing.
func (m *Model) SetLeader(unitName string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	u, err := m.unit(unitName)
	if err != nil {
		return fmt.Errorf("set leader: %w", err)
	}
	u.app.leader = u
	return nil
}

// Leader is the name of an application's leader unit, or empty when it has none.
func (m *Model) Leader(application string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if app, ok := m.apps[application]; ok && app.leader != nil {
		return app.leader.name
	}
	return ""
}

// elect gives the application a leader when it has none: the unit with the lowest number that stays.
func (a *application) elect() {
	if a.leader != nil {
		return
	}
	units := make([]*unit, 0, len(a.units))
	for _, u := range a.units {
		units = append(units, u)
	}
	sort.Slice(units, func(i, j int) bool {
		if units[i].dying != units[j].dying {
			return units[j].dying
		}
		return units[i].number < units[j].number
	})
	if len(units) > 0 {
		a.leader = units[0]
	}
}

// electLeaders gives every application without a leader one, and says whether there was such an application. It waits for
// the model to rest, because Juju takes seconds to a minute to notice that a leader is gone: the units that stay run their
// relation-departed without a leader.
func (m *Model) electLeaders() bool {
	elected := false
	for _, app := range m.apps {
		if app.leader == nil && len(app.units) > 0 {
			app.elect()
			elected = true
		}
	}
	return elected
}

func (u *unit) isLeader() bool { return u.app.leader == u }
