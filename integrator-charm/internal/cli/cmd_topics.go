package cli

import (
	"github.com/spf13/cobra"
)

func topicsCommand(s *session) *cobra.Command {
	var reset bool
	command := &cobra.Command{
		Use:   "topics NAME",
		Short: "List the topics that a connector has used",
		Long: `List the topics that a connector has written to or read from since it was created. --reset forgets them; those that it goes
on to use come back.`,
		Args:              exactly(1, "one connector"),
		ValidArgsFunction: s.completeNames,
	}
	command.Flags().BoolVar(&reset, "reset", false, "forget them")
	command.RunE = func(command *cobra.Command, names []string) error {
		on, err := s.cluster(command.Context())
		if err != nil {
			return err
		}
		if reset {
			if err := on.Client.ResetTopics(command.Context(), names[0]); err != nil {
				return err
			}
			return s.tell([]outcome{newOutcome(on, names[0], "topics forgotten", nil)})
		}
		topics, err := on.Client.Topics(command.Context(), names[0])
		if err != nil {
			return err
		}
		if topics == nil {
			topics = []string{}
		}
		return s.write(topics, func() {
			for _, topic := range topics {
				s.printf("%s\n", topic)
			}
		})
	}
	return command
}
