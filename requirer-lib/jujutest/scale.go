package jujutest

import "fmt"

// Scale gives an application of pods so many units, as juju scale-application does: new ones take the lowest numbers that
// are free, and those of the highest numbers go.
func (m *Model) Scale(application string, units int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	app, err := m.application(application)
	if err == nil && len(app.meta().Containers) == 0 {
		err = fmt.Errorf("application %q has no pods: add and remove units", application)
	}
	for err == nil && app.staying() < units {
		_, err = m.newUnit(app)
	}
	for err == nil && app.staying() > units {
		app.last().dying = true
	}
	if err != nil {
		return fmt.Errorf("scale %s to %d: %w", application, units, err)
	}
	return nil
}

// staying counts the units that are not being removed.
func (a *application) staying() int {
	count := 0
	for _, u := range a.units {
		if !u.dying {
			count++
		}
	}
	return count
}

// last is the unit of the highest number among those that stay.
func (a *application) last() *unit {
	var last *unit
	for _, u := range a.units {
		if !u.dying && (last == nil || u.number > last.number) {
			last = u
		}
	}
	return last
}

// number is that of the application's next unit. A pod takes the lowest that is free, a machine's unit one that none had.
func (a *application) number() int {
	if len(a.meta().Containers) == 0 {
		return a.nextUnit
	}
	for number := 0; ; number++ {
		if a.units[fmt.Sprintf("%s/%d", a.name, number)] == nil {
			return number
		}
	}
}
