package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"connectcharms/requirer-lib/connect"
)

// happening is one change that watch has seen. Its JSON, one on a line, is part of what the program promises.
type happening struct {
	At      time.Time     `json:"at"`
	Context string        `json:"context"`
	Name    string        `json:"name"`
	From    connect.State `json:"from,omitempty"` // empty: it has come
	To      connect.State `json:"to,omitempty"`   // empty: it is gone
	Running int           `json:"running"`        // tasks
	Tasks   int           `json:"tasks"`
	Trace   string        `json:"trace,omitempty"` // of what has failed: the first line
}

func watchCommand(s *session) *cobra.Command {
	var chosen selection
	var every time.Duration
	command := &cobra.Command{
		Use:   "watch [NAME...]",
		Short: "Follow how states change, until it is interrupted",
		Long: `Show how the connectors are, and then each change: a line for it, with -o json an object on a line, with -o yaml a document.
A cluster that does not answer for a while is told, and watched again. It ends by an interrupt (code 0) or with --timeout.`,
		ValidArgsFunction: s.completeNames,
	}
	chosen.flags(command)
	command.Flags().DurationVar(&every, "interval", 2*time.Second, "look this often")
	command.RunE = func(command *cobra.Command, names []string) error {
		if every < 100*time.Millisecond {
			return usage("--interval %s: want 100ms or more", every)
		}
		on, err := s.cluster(command.Context())
		if err != nil {
			return err
		}
		return s.watch(command.Context(), every, func(ctx context.Context) (map[string]view, error) {
			picked, _, err := s.choose(ctx, on, &chosen, names)
			return byName(picked), err
		})
	}
	return command
}

// watch looks until the context ends, which is no error. Who cannot look the first time does not go on.
func (s *session) watch(ctx context.Context, every time.Duration, look func(context.Context) (map[string]view, error)) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	var before map[string]view
	for {
		now, err := look(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			err = s.follow(before, now)
			before = now
		case before != nil:
			s.note("warning: %v", err)
			err = nil
		}
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func byName(views []view) map[string]view {
	all := map[string]view{}
	for _, one := range views {
		all[one.Name] = one
	}
	return all
}

// follow writes what is different.
func (s *session) follow(before, now map[string]view) error {
	for _, each := range changesOf(before, now) {
		each.At = s.Now()
		if err := s.writeHappening(each); err != nil {
			return err
		}
	}
	return nil
}

// changesOf is ordered by name.
func changesOf(before, now map[string]view) (all []happening) {
	both := map[string]view{}
	maps.Copy(both, before)
	maps.Copy(both, now)
	for _, name := range slices.Sorted(maps.Keys(both)) {
		was, is := before[name], now[name]
		if was.condition() == is.condition() && was.running() == is.running() && len(was.Tasks) == len(is.Tasks) {
			continue
		}
		all = append(all, happening{
			Context: both[name].Context, Name: name, From: was.condition(), To: is.condition(),
			Running: is.running(), Tasks: len(is.Tasks), Trace: is.failure(),
		})
	}
	return all
}

func (s *session) writeHappening(one happening) error {
	return s.writeOne(one, func() { s.happening(one) })
}

func (s *session) happening(one happening) {
	from := ""
	if one.From != "" {
		from = string(one.From) + " → "
	}
	to, tasks := cell{string(one.To), colourOf(one.To)}, fmt.Sprintf("  %d/%d", one.Running, one.Tasks)
	if one.To == "" {
		to, tasks = cell{"gone", yellow}, ""
	}
	s.line(cell{one.At.Format(time.TimeOnly) + "  ", faint}, plain(one.Name+"  "+from), to, plain(tasks))
	s.trace("          ", one.Trace, false)
}
