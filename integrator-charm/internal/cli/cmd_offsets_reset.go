package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

func offsetsResetCommand(s *session) *cobra.Command {
	var stop, yes bool
	command := &cobra.Command{
		Use:   "reset NAME",
		Short: "Forget all offsets of a connector that is stopped",
		Long: `Forget all offsets of a connector: it begins anew. On a terminal it asks first; elsewhere it wants --yes. The connector has
to be stopped. --stop stops it for that, and brings it back to what it was.`,
		Args:              exactly(1, "one connector"),
		ValidArgsFunction: s.completeNames,
	}
	command.Flags().BoolVar(&stop, "stop", false, "stop the connector for it")
	command.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	command.RunE = func(command *cobra.Command, names []string) error {
		on, err := s.cluster(command.Context())
		if err != nil {
			return err
		}
		if !yes {
			if err := s.confirm(command.Context(), fmt.Sprintf("Forget all offsets of %s on %s?", names[0], on.Context.Name)); err != nil {
				return err
			}
		}
		var said string
		err = s.whileStopped(command.Context(), on, names[0], stop, func() (err error) {
			said, err = on.Client.ResetOffsets(command.Context(), names[0])
			return err
		})
		if err != nil {
			return err
		}
		return s.changedOffsets(names[0], "reset", said)
	}
	return command
}
