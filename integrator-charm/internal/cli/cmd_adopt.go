package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"connectcharms/integrator-charm/internal/cluster"
	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
)

func adoptCommand(s *session) *cobra.Command {
	return s.ownerCommand(&cobra.Command{
		Use:     "adopt NAME...",
		Aliases: []string{"import"},
		Short:   "Take connectors over, as they are",
		Long: `Mark connectors as those of the state file's manager, whosever they were, and leave the rest of them as it is. Kafka Connect
restarts a connector for it. What is adopted and not in the state file is deleted by the next sync: export gives the entries
for it. To take over and change in one go, see sync --adopt.`,
	}, "adopted", connectors.Owned.Adopt)
}

func releaseCommand(s *session) *cobra.Command {
	return s.ownerCommand(&cobra.Command{
		Use:   "release NAME...",
		Short: "Give connectors up, and leave them running",
		Long: `Take the mark of the state file's manager off connectors, and their protection: they run on, and are nobody's. Take them out of
the state file first: a sync refuses what it has and does not own.`,
	}, "released", connectors.Owned.Release)
}

// ownerCommand is the command of a verb that changes whose connectors are.
func (s *session) ownerCommand(
	command *cobra.Command, did string, do func(connectors.Owned, context.Context, ...string) connect.Failures,
) *cobra.Command {
	var chosen selection
	var manager string
	chosen.flags(command)
	chosen.allFlag(command)
	command.ValidArgsFunction = s.completeNames
	command.Flags().StringVar(&manager, "manager", "", "whose connectors (default: what the context's state file says)")
	command.RunE = func(command *cobra.Command, names []string) error {
		on, err := s.cluster(command.Context())
		if err != nil {
			return err
		}
		if manager == "" {
			file, err := s.declare(command.Context(), on.Context, "")
			if err != nil {
				return fmt.Errorf("whose are they to be? Say --manager, or name the state file that does: %w", err)
			}
			manager = file.Manager
		}
		owned := on.Owned(manager)
		return s.carryOut(command, &chosen, names, verb{did: did, do: func(ctx context.Context, _ *cluster.Cluster, one view) error {
			return do(owned, ctx, one.Name)[one.Name]
		}})
	}
	return command
}
