package cli

import (
	"context"

	"github.com/spf13/cobra"

	"connectcharms/integrator-charm/internal/cluster"
	"connectcharms/requirer-lib/connect"
)

func restartCommand(s *session) *cobra.Command {
	var chosen selection
	var wait, failed, alone bool
	task := -1
	command := &cobra.Command{
		Use:   "restart NAME...",
		Short: "Restart connectors and their tasks",
		Long: `Restart connectors with all their tasks; with --failed only what has failed of them, with --task one task, with
--connector-only the connector without its tasks.` + verbNote,
		Example: `  connect-manager restart --state failed --failed --wait
  connect-manager restart orders --task 2`,
		ValidArgsFunction: s.completeNames,
	}
	chosen.flags(command)
	chosen.allFlag(command)
	flags := command.Flags()
	flags.BoolVar(&wait, "wait", false, "wait until all tasks run (two minutes, or --timeout)")
	flags.BoolVar(&failed, "failed", false, "restart only what has failed")
	flags.BoolVar(&alone, "connector-only", false, "leave the tasks alone")
	flags.IntVar(&task, "task", task, "restart this task alone")
	command.MarkFlagsMutuallyExclusive("task", "failed")
	command.MarkFlagsMutuallyExclusive("task", "connector-only")
	command.RunE = func(command *cobra.Command, names []string) error {
		if flags.Changed("task") && task < 0 {
			return usage("--task %d: tasks count from 0", task)
		}
		v := verb{did: "restarted", do: func(ctx context.Context, on *cluster.Cluster, one view) error {
			if task >= 0 {
				return on.Client.RestartTask(ctx, one.Name, task)
			}
			_, err := on.Client.Restart(ctx, one.Name, connect.RestartOptions{IncludeTasks: !alone, OnlyFailed: failed})
			return err
		}}
		if wait {
			v.wait = isRunning
		}
		return s.carryOut(command, &chosen, names, v)
	}
	return command
}
