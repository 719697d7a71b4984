package cli

import (
	"github.com/spf13/cobra"
)

func reportCommand(s *session) *cobra.Command {
	var d daemon
	var format string
	command := &cobra.Command{
		Use:   "report PLAN",
		Short: "Write what became of a plan: who approved it, when, and what happened",
		Args:  exactly(1, "one plan's ID"),
	}
	d.flags(command)
	command.Flags().StringVar(&format, "format", "md", "md or json")
	command.RunE = func(command *cobra.Command, ids []string) error {
		if format != "md" && format != "json" {
			return usage("--format %.40q: want md or json", format)
		}
		asked, err := s.reach(d)
		if err != nil {
			return err
		}
		text, err := asked.Report(command.Context(), ids[0], format)
		if err != nil {
			return err
		}
		s.printf("%s", text)
		return nil
	}
	return command
}
