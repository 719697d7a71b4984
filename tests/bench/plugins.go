package bench

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"connectcharms/tests/bench/report"
	"connectcharms/tests/pair"
)

// laden is what one unit is like that has some plugins.
type laden struct {
	plugins       int
	idle, coming  []float64 // CPU of a hook with nothing to do; of all hooks that one more plugin takes
	loaded, again []float64 // until one more is loaded and its client answered; a restart, until the worker is healthy
	memory        []float64 // of the worker, just after its restart
}

// Plugins measures a unit with more and more plugins.
func Plugins(ctx context.Context, s *Stage) (report.Section, error) {
	plugins, err := s.ServePlugins(ctx)
	if err != nil {
		return report.Section{}, err
	}
	d, err := s.Deploy(ctx, 1, nil)
	if err != nil {
		return report.Section{}, err
	}
	var all []laden
	there := 0
	for _, number := range Pick(s, []int{1, 2}, []int{1, 2, 5, 10, 20, 50}) {
		s.Say("%d plugins", number)
		one := laden{plugins: number}
		if err := d.load(ctx, plugins, there, number-1); err != nil {
			return report.Section{}, err
		}
		there = number
		if err := one.measure(ctx, s, d, fmt.Sprintf("%s/%d", plugins, number-1)); err != nil {
			return report.Section{}, err
		}
		all = append(all, one)
	}
	return pluginsSection(all), nil
}

// load has clients come for plugins from one number up to another, all together.
func (d *Deployed) load(ctx context.Context, plugins string, from, to int) error {
	var relations []int
	for number := from; number < to; number++ {
		relation, err := d.comes(fmt.Sprintf("client%d", number), fmt.Sprintf("%s/%d", plugins, number))
		if err != nil {
			return err
		}
		relations = append(relations, relation)
	}
	for _, relation := range relations {
		if err := d.answered(ctx, relation); err != nil {
			return err
		}
	}
	return nil
}

// measure has one more plugin come, and then looks at the unit.
func (l *laden) measure(ctx context.Context, s *Stage, d *Deployed, plugin string) error {
	before, began := len(d.HookLog()), time.Now()
	if _, err := d.Client(ctx, fmt.Sprintf("client%d", l.plugins-1), plugin); err != nil {
		return err
	}
	l.loaded = append(l.loaded, time.Since(began).Seconds())
	l.coming = append(l.coming, d.computed(before).Seconds())
	for range Pick(s, 1, 5) {
		before := len(d.HookLog())
		if err := d.UpdateStatus(d.unit()); err != nil {
			return err
		}
		if err := d.Settle(ctx); err != nil {
			return err
		}
		l.idle = append(l.idle, d.computed(before).Seconds())
	}
	for range Pick(s, 1, 3) {
		if err := l.restart(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

func (d *Deployed) unit() string { return d.Units(pair.Provider)[0] }

// computed is the CPU time of the provider's hooks, and of what they waited for, from one on.
func (d *Deployed) computed(from int) (total time.Duration) {
	for _, run := range d.HookLog()[from:] {
		total += run.User + run.System // of a client, which is a function, it is none
	}
	return total
}

func (l *laden) restart(ctx context.Context, d *Deployed) error {
	unit, err := d.Unit(d.unit())
	if err != nil {
		return err
	}
	began := time.Now()
	if _, err := d.RunAction(ctx, unit.Name, "restart", nil); err != nil {
		return err
	}
	if err := d.Settle(ctx); err != nil {
		return err
	}
	if err := healthy(ctx, "http://"+unit.Address+":8084/health"); err != nil {
		return err
	}
	l.again = append(l.again, time.Since(began).Seconds())
	memory, err := memoryOf(pair.Worker(pair.Machines.Seen(unit)), nowadays)
	l.memory = append(l.memory, memory)
	return err
}

// healthy returns when a worker says that it is.
func healthy(ctx context.Context, address string) error {
	for {
		if status, _, err := exchange(ctx, http.MethodGet, address, nil); err == nil && status == http.StatusOK {
			return nil
		}
		select {
		case <-time.After(again):
		case <-ctx.Done():
			return fmt.Errorf("%s: the worker is not healthy: %w", address, context.Cause(ctx))
		}
	}
}

func pluginsSection(all []laden) report.Section {
	by := report.Axis{Label: "plugins", Log: true}
	series := seriesOver(all, func(at laden) int { return at.plugins })
	return report.Section{
		Title: "From 1 plugin to 50", Question: "What does a unit cost that has many plugins, each for a client of its own?",
		Curves: []report.Curve{
			{
				Name: "hooks-by-plugins", Title: "CPU time of hooks, by plugins", X: by, Y: report.Axis{Label: "CPU time", Unit: report.Seconds},
				Series: []report.Series{
					series("update-status, nothing to do", func(l laden) []float64 { return l.idle }),
					series("all hooks for one plugin more", func(l laden) []float64 { return l.coming }),
				},
			},
			{
				Name: "loading-by-plugins", Title: "Time until a plugin is loaded, by plugins", X: by, Y: report.Axis{Label: "time", Unit: report.Seconds},
				Series: []report.Series{
					series("one plugin more, until its client is answered", func(l laden) []float64 { return l.loaded }),
					series("action restart, until the worker is healthy", func(l laden) []float64 { return l.again }),
				},
			},
			{
				Name: "memory-by-plugins", Title: "Memory of the worker, by plugins", X: by, Y: report.Axis{Label: "resident", Unit: report.Bytes},
				Series: []report.Series{series("worker, after a restart", func(l laden) []float64 { return l.memory })},
			},
		},
		Notes: []string{
			"One unit in package jujutest, on a real broker, with the default heap. Each plugin is Apache's file connectors, small, with a digest of its own: " +
				"what is measured is the number of plugins, not their size. A worker loads a class when a connector uses it.",
		},
	}
}
