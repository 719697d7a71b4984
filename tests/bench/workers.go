package bench

import (
	"context"
	"fmt"

	"connectcharms/tests/bench/report"
	"connectcharms/tests/pair"
)

// Workers measures how what kafka-connect does grows with the number of its units.
func Workers(ctx context.Context, s *Stage) (report.Section, error) {
	section := report.Section{
		Title:    "As workers become more",
		Question: "What do hooks, credentials and a plugin cost when kafka-connect has 1 to 5 units?",
		Notes: []string{
			"All units are on one machine, and start their workers on the same processors: what restarts cost grows with that, too.",
			"A relation: from juju integrate until every gateway accepts the client's published password; its client needs no plugin. A plugin: the same of a client with a new one, for which every worker restarts in its turn.",
		},
	}
	stage, err := newProviderStage(ctx, s, 1)
	if err != nil {
		return section, err
	}
	address, err := s.ServePlugins(ctx)
	if err != nil {
		return section, err
	}
	growth := newWorkerGrowth()
	for number := range Pick(s, 1, 5) {
		s.Say("%d workers", number+1)
		if number > 0 {
			if _, err := stage.model.AddUnit(pair.Provider); err != nil {
				return section, err
			}
			if err := stage.ready(ctx); err != nil {
				return section, err
			}
		}
		if err := growth.measure(ctx, stage, number+1, fmt.Sprintf("%s/%d", address, number)); err != nil {
			return section, fmt.Errorf("with %d workers: %w", number+1, err)
		}
		section.Curves = growth.curves()
	}
	return section, nil
}

// workerGrowth is the lines of all curves.
type workerGrowth struct{ related, plugin, relationHooks, pluginHooks, idle, tools report.Series }

func newWorkerGrowth() *workerGrowth {
	return &workerGrowth{
		related: report.Series{Name: "a relation"}, plugin: report.Series{Name: "a plugin"},
		relationHooks: report.Series{Name: "for a relation"}, pluginHooks: report.Series{Name: "for a plugin"},
		idle: report.Series{Name: "leader, update-status"}, tools: report.Series{Name: "leader, update-status"},
	}
}

func (g *workerGrowth) measure(ctx context.Context, s *providerStage, number int, plugin string) error {
	x := float64(number)
	took, hooks, err := s.counted(func() error { return s.join(ctx, len(s.clients)+1) })
	if err != nil {
		return err
	}
	add(&g.related, x, took)
	add(&g.relationHooks, x, hooks)
	took, hooks, err = s.counted(func() error {
		_, err := s.model.Client(ctx, fmt.Sprintf("plugin-p%d", number), plugin)
		return err
	})
	if err != nil {
		return err
	}
	add(&g.plugin, x, took)
	add(&g.pluginHooks, x, hooks)
	leader := s.model.Leader(pair.Provider)
	computed, tools, err := s.idle(ctx, leader, Pick(s.Stage, 1, 5))
	add(&g.idle, x, computed)
	add(&g.tools, x, tools)
	return err
}

func (g *workerGrowth) curves() []report.Curve {
	workers := report.Axis{Label: "workers"}
	return []report.Curve{
		{
			Name: "workers-credentials", Title: "From juju integrate to accepted credentials", X: workers,
			Y: report.Axis{Label: "time", Unit: report.Seconds}, Series: []report.Series{g.related, g.plugin},
		},
		{
			Name: "workers-relation-hooks", Title: "Hooks of the provider's units, all together", X: workers,
			Y: report.Axis{Label: "hooks"}, Series: []report.Series{g.relationHooks, g.pluginHooks},
		},
		{
			Name: "workers-hooks", Title: "CPU time of an idle hook by workers", X: workers,
			Y: report.Axis{Label: "CPU", Unit: report.Seconds}, Series: []report.Series{g.idle},
		},
		{
			Name: "workers-tools", Title: "Hook tools of an idle hook by workers", X: workers,
			Y: report.Axis{Label: "tools"}, Series: []report.Series{g.tools},
		},
	}
}
