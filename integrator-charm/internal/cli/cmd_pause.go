package cli

import (
	"context"

	"github.com/spf13/cobra"

	"connectcharms/integrator-charm/internal/cluster"
)

func pauseCommand(s *session) *cobra.Command {
	return s.verbCommand("pause", "Pause connectors: their tasks stay where they are and do nothing", verb{
		did:  "paused",
		do:   func(ctx context.Context, on *cluster.Cluster, one view) error { return on.Client.Pause(ctx, one.Name) },
		wait: isPaused,
	})
}

func resumeCommand(s *session) *cobra.Command {
	return s.verbCommand("resume", "Resume connectors that are paused or stopped", verb{
		did:  "resumed",
		do:   func(ctx context.Context, on *cluster.Cluster, one view) error { return on.Client.Resume(ctx, one.Name) },
		wait: isRunning,
	})
}

func stopCommand(s *session) *cobra.Command {
	return s.verbCommand("stop", "Stop connectors: their tasks end, configuration and offsets stay", verb{
		did:  "stopped",
		do:   func(ctx context.Context, on *cluster.Cluster, one view) error { return on.Client.Stop(ctx, one.Name) },
		wait: isStopped,
	})
}

// verbNote is said of every verb of this kind.
const verbNote = `

It is asked for, not yet done, when the command ends; --wait waits. Each connector fails alone. What a state file manages is
brought back to what the file says by the next sync: change it there.`

// verbCommand is the command of a verb that needs no more than names.
func (s *session) verbCommand(name, short string, v verb) *cobra.Command {
	var chosen selection
	var wait bool
	command := &cobra.Command{
		Use: name + " NAME...", Short: short, Long: short + "." + verbNote, ValidArgsFunction: s.completeNames,
	}
	chosen.flags(command)
	chosen.allFlag(command)
	command.Flags().BoolVar(&wait, "wait", false, "wait until it shows (two minutes, or --timeout)")
	command.RunE = func(command *cobra.Command, names []string) error {
		once := v
		if !wait {
			once.wait = nil
		}
		return s.carryOut(command, &chosen, names, once)
	}
	return command
}
