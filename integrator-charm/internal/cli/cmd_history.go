package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"connectcharms/integrator-charm/internal/manager"
	"connectcharms/requirer-lib/connectors"
)

func historyCommand(s *session) *cobra.Command {
	var d daemon
	var limit int
	var before int64
	command := &cobra.Command{
		Use:   "history",
		Short: "List what the daemon has done, the newest first",
		Args:  exactly(0, "nothing more"),
	}
	d.flags(command)
	d.clusterFlag(command)
	command.Flags().IntVar(&limit, "limit", 20, "this many, 500 at most")
	command.Flags().Int64Var(&before, "before", 0, "those before this one, by its ID")
	command.RunE = func(command *cobra.Command, _ []string) error {
		if limit < 1 {
			return usage("--limit %d: want a number from 1", limit)
		}
		asked, cluster, err := s.reachCluster(command.Context(), d)
		if err != nil {
			return err
		}
		runs, err := asked.History(command.Context(), cluster, limit, before)
		if err != nil {
			return err
		}
		return s.write(runs, func() { s.runs(runs) })
	}
	return command
}

func (s *session) runs(runs []manager.Run) {
	colours := map[string]colour{manager.ResultOK: green, manager.ResultFailed: red, manager.ResultHeld: yellow}
	var rows [][]cell
	for _, run := range runs {
		what := counted(run.Summary)
		if run.Error != "" {
			what = run.Error
		}
		rows = append(rows, []cell{
			plain(fmt.Sprint(run.ID)), plain(run.At.UTC().Format(timeFormat)), plain(run.Kind), plain(run.By),
			{run.Result, colours[run.Result]},
			plain(shortRevision(run.Revision)), plain(what),
		})
	}
	s.table([]string{"ID", "AT", "KIND", "BY", "RESULT", "REVISION", "WHAT"}, rows)
}

// counted is a summary in numbers: "2 added, 1 failed".
func counted(summary connectors.Summary) string {
	var parts []string
	for _, list := range []struct {
		word  string
		names []string
	}{
		{"added", summary.Added},
		{"adopted", summary.Adopted},
		{"updated", summary.Updated},
		{"paused", summary.Paused},
		{"resumed", summary.Resumed},
		{"stopped", summary.Stopped},
		{"restarted", summary.Restarted},
		{"removed", summary.Removed},
		{"failed", summary.Failed},
		{"held", summary.Held},
	} {
		if n := len(list.names); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, list.word))
		}
	}
	if len(parts) == 0 {
		return fmt.Sprintf("%d unchanged", len(summary.Unchanged))
	}
	return strings.Join(parts, ", ")
}
