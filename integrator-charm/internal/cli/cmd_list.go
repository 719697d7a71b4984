package cli

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"connectcharms/integrator-charm/internal/cluster"
)

func listCommand(s *session) *cobra.Command {
	var chosen selection
	var wide bool
	command := &cobra.Command{
		Use:     "list [STATE...]",
		Aliases: []string{"ls"},
		Short:   "List connectors and their states",
		Long: `List the connectors of a cluster: all, or those that are in one of the states.

A connector is in one list: failed, if it or any of its tasks has failed; else what Kafka Connect calls it. STOPPED (kept)
is one that no sync starts, because a control message of its own did not conform: overlay show says why. Owner and labels
stand in the state file, which is read with --wide, --owner and --label. -o name gives the names alone, one a line.`,
		Example: `  connect-manager list failed --all-contexts
  connect-manager list --owner streams --label tier=gold -o json
  connect-manager list -m 'jdbc-.*' -o name`,
		ValidArgsFunction: words(stateWords()...),
	}
	chosen.flags(command)
	command.Flags().BoolVarP(&wide, "wide", "w", false, "show worker, owner and labels as well")
	command.RunE = func(command *cobra.Command, states []string) error {
		chosen.states = append(chosen.states, states...)
		all, err := s.list(command.Context(), &chosen, wide)
		if err != nil && len(all) == 0 {
			return err
		}
		if s.flags.output == outputName {
			s.printf("%s", names(all))
			return err
		}
		return errors.Join(err, s.write(all, func() { s.listed(all, wide) }))
	}
	return s.everywhere(command)
}

// list gives the selected connectors of all contexts that the command is for, as far as they could be looked at.
func (s *session) list(ctx context.Context, chosen *selection, wide bool) ([]view, error) {
	all := []view{}
	err := s.onEach(ctx, func(on *cluster.Cluster) error {
		views, err := look(ctx, on)
		if err == nil && (wide || chosen.needsFile()) {
			err = s.describe(ctx, on, views)
		}
		if err != nil {
			return err
		}
		picked, _, err := chosen.pick(views, nil)
		all = append(all, picked...)
		return err
	})
	return all, err
}

func names(views []view) string {
	var lines strings.Builder
	for _, one := range views {
		lines.WriteString(one.Name + "\n")
	}
	return lines.String()
}

func (s *session) listed(views []view, wide bool) {
	if len(views) == 0 {
		s.note("There is no such connector.")
	}
	columns := []string{"NAME", "STATE", "TASKS", "TYPE", "CLASS"}
	if wide {
		columns = append(columns, "WORKER", "OWNER", "LABELS")
	}
	if s.flags.allContexts {
		columns = append([]string{"CONTEXT"}, columns...)
	}
	var rows [][]cell
	for _, one := range views {
		row := []cell{plain(one.Name), one.shownCondition(), one.tasks(), plain(string(one.Type)), plain(simpleClass(one.Class))}
		if wide {
			row = append(row, plain(one.Worker), plain(one.Team), plain(one.labels()))
		}
		if s.flags.allContexts {
			row = slices.Insert(row, 0, plain(one.Context))
		}
		rows = append(rows, row)
	}
	s.table(columns, rows)
}
