package faults

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"connectcharms/tests/pair"
)

// maxRounds is how many rounds of update-status the pair may take to come to rest, and be as it is wanted. Juju has one every
// five minutes; here the next one comes when the hooks of the last have run, and a moment has passed.
const maxRounds = 60

// moment is what passes between rounds: processes that Pebble starts again take some of them.
const moment = time.Second

// Live runs hooks as they come due, as Juju's agents do, until the context ends. An error is about units that have given up.
func (s *Stage) Live(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := s.Settle(context.WithoutCancel(ctx)); err != nil {
			return err
		}
		pause(ctx, 20*time.Millisecond)
	}
	return nil
}

// round is one update-status of all units, and what follows from it.
func (s *Stage) round(ctx context.Context) error {
	if err := s.UpdateStatus(); err != nil {
		return err
	}
	limited, cancel := context.WithTimeoutCause(ctx, 5*time.Minute, fmt.Errorf("hooks still run after five minutes"))
	defer cancel()
	return s.Settle(limited)
}

// Judge has the pair come to rest, and says after how many rounds all was as it is wanted. The error names what is not.
func (s *Stage) Judge(ctx context.Context) (rounds int, err error) {
	var problems []string
	for rounds = range maxRounds {
		if err := s.round(ctx); err != nil {
			return rounds, err
		}
		if problems = s.problems(ctx); len(problems) == 0 {
			return rounds + 1, nil
		}
		pause(ctx, moment)
		if ctx.Err() != nil {
			return rounds, context.Cause(ctx)
		}
	}
	return rounds, fmt.Errorf("after %d rounds the pair is not as it is wanted:\n  %s", maxRounds, strings.Join(problems, "\n  "))
}

// problems are what is not as it is wanted of a pair at rest.
func (s *Stage) problems(ctx context.Context) (problems []string) {
	if problems = s.inactive(); len(problems) > 0 {
		return problems // the rest would say the same, at length
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for _, look := range []func(context.Context) []string{s.closed, s.served, s.leftovers, s.running, s.delivered} {
		problems = append(problems, look(ctx)...)
	}
	return problems
}

// inactive says of which units the status is not active.
func (s *Stage) inactive() (problems []string) {
	for _, app := range []string{pair.Provider, linesApp} {
		units := s.Units(app)
		if len(units) == 0 {
			problems = append(problems, app+" has no units")
		}
		for _, unit := range units {
			status, _ := s.StatusOf(unit)
			if status.Current != "active" && !s.Admin.explains(status.Message) {
				problems = append(problems, fmt.Sprintf("%s is %s: %s", unit, status.Current, status.Message))
			}
		}
	}
	return problems
}

// delivered says which lines have not arrived, once those written by now have had the time of a minute.
func (s *Stage) delivered(ctx context.Context) []string {
	_, until := s.Lines.missing()
	for {
		missing, _ := s.Lines.missing()
		missing = slices.DeleteFunc(missing, func(line int) bool { return line > until })
		if len(missing) == 0 {
			return nil
		}
		if ctx.Err() != nil {
			return []string{fmt.Sprintf("of %d lines %d have not arrived, the first is %d", until, len(missing), missing[0])}
		}
		pause(ctx, beat)
	}
}

// read is a file of a unit of the provider, below where it has its files; empty where there is none.
func (s *Stage) read(unit, path string) string {
	text, _ := os.ReadFile(filepath.Join(s.data(unit), path))
	return string(text)
}
