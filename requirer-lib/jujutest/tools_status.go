package jujutest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

func isLeaderTool(c *toolCall) tool {
	var out toolOutput
	return tool{
		flags: func(f *flagSet) { out.flags(f, "smart") },
		init:  noMore,
		run:   func() error { return out.write(c, c.isLeader()) },
	}
}

// settable are the statuses that a charm may set.
var settable = []string{"maintenance", "blocked", "waiting", "active"}

func statusSet(c *toolCall) tool {
	var (
		app              bool
		current, message string
	)
	return tool{
		flags: func(f *flagSet) { f.truth(&app, "application") },
		init: func(args []string) error {
			if len(args) < 1 {
				return errors.New("invalid args, require <status> [message]")
			}
			if !slices.Contains(settable, args[0]) {
				return fmt.Errorf("invalid status %q, expected one of %v", args[0], settable)
			}
			current = args[0]
			if len(args) > 1 {
				message = args[1]
				return noMore(args[2:])
			}
			return nil
		},
		run: func() error {
			if !app {
				c.setWorkloadStatus(current, message)
				return nil
			}
			if !c.isLeader() {
				return errNotLeader
			}
			c.unit.app.setStatus(current, message)
			return nil
		},
	}
}

func statusGet(c *toolCall) tool {
	var (
		out       toolOutput
		app, data bool
	)
	return tool{
		flags: func(f *flagSet) {
			out.flags(f, "smart")
			f.truth(&data, "include-data")
			f.truth(&app, "application")
		},
		init: noMore,
		run: func() error {
			if app {
				return c.applicationStatus(&out, data)
			}
			current := c.workloadStatus()
			if !data && out.format == "smart" {
				return out.write(c, current.current)
			}
			return out.write(c, current.details(data))
		},
	}
}

func (c *toolCall) applicationStatus(out *toolOutput, data bool) error {
	if !c.isLeader() {
		return fmt.Errorf("finding application status: %w", errNotLeader)
	}
	current := c.unit.app.currentStatus()
	if !data && out.format == "smart" {
		return out.write(c, current.current)
	}
	units := map[string]any{}
	for name, u := range c.unit.app.units {
		units[name] = u.workload.details(data)
	}
	details := current.details(data)
	details["units"] = units
	return out.write(c, map[string]any{"application-status": details})
}

func (s status) details(data bool) map[string]any {
	details := map[string]any{"status": s.current}
	if data {
		details["message"] = s.message
		details["status-data"] = map[string]any{}
		if s.data != nil {
			details["status-data"] = maps.Clone(s.data)
		}
	}
	return details
}

func applicationVersionSet(c *toolCall) tool {
	version := ""
	return tool{
		init: func(args []string) error {
			if len(args) < 1 {
				return errors.New("no version specified")
			}
			version = args[0]
			return noMore(args[1:])
		},
		run: func() error {
			c.unit.version = version
			c.unit.app.appVersion = version
			return nil
		},
	}
}

func jujuLog(c *toolCall) tool {
	var (
		debug         bool
		level, format string
		message       string
	)
	return tool{
		flags: func(f *flagSet) {
			f.truth(&debug, "debug")
			f.text(&level, "l", "log-level")
			f.text(&format, "format")
		},
		init: func(args []string) error {
			if len(args) == 0 {
				return errors.New("no message specified")
			}
			message = strings.Join(args, " ")
			return nil
		},
		run: func() error {
			if format != "" {
				fmt.Fprintf(&c.stderr, "--format flag deprecated for command %q", c.tool)
			}
			if r := c.hookRelation(); r != nil {
				message = r.relation.longID(c.unit) + ": " + message
			}
			c.logLine(levelName(debug, level), message)
			return nil
		},
	}
}

// levelName is the level of a juju-log: INFO unless it is told a level that there is.
func levelName(debug bool, level string) string {
	level = strings.ToUpper(level)
	switch {
	case debug:
		return "DEBUG"
	case level == "WARN":
		return "WARNING"
	case slices.Contains([]string{"TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}, level):
		return level
	}
	return "INFO"
}

// goalState prints what is planned: this application's units, and for each endpoint what is on its other side.
func goalState(c *toolCall) tool {
	var out toolOutput
	return tool{
		flags: func(f *flagSet) { out.flags(f, "yaml") },
		init:  noMore,
		run: func() error {
			plan := goalStatePlan{Units: goalUnits{}, Relations: map[string]goalUnits{}}
			for _, u := range c.unit.app.units {
				plan.Units[u.name] = u.goal()
			}
			for _, r := range c.model.relations {
				if !r.has(c.unit.app) || r.isPeer() {
					continue
				}
				name := r.side(c.unit.app.name).endpoint.name
				if plan.Relations[name] == nil {
					plan.Relations[name] = goalUnits{}
				}
				c.addGoals(plan.Relations[name], r)
			}
			return out.write(c, plan)
		},
	}
}

type goalStatePlan struct {
	Units     goalUnits            `json:"units" yaml:"units"`
	Relations map[string]goalUnits `json:"relations" yaml:"relations"`
}

type goalUnits map[string]goalStatus

type goalStatus struct {
	Status string `json:"status" yaml:"status"`
	Since  string `json:"since,omitempty" yaml:"since,omitempty"`
}

const goalTime = "2006-01-02 15:04:05Z"

func (u *unit) goal() goalStatus {
	current := u.workloadStatus()
	if u.dying {
		current.current = "dying"
	}
	return goalStatus{Status: current.current, Since: current.since.UTC().Format(goalTime)}
}

// addGoals adds the other application of a relation and its units.
func (c *toolCall) addGoals(to goalUnits, r *relation) {
	other := r.other(c.unit.app.name).app
	state := "joining"
	switch {
	case r.dying:
		state = "broken"
	case len(r.inScope) > 0:
		state = "joined"
	}
	to[other.name] = goalStatus{Status: state, Since: time.Now().UTC().Format(goalTime)}
	for _, u := range other.units {
		to[u.name] = u.goal()
	}
}
