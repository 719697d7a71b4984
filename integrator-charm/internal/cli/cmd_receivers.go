package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"connectcharms/integrator-charm/internal/store"
)

func receiversCommand(s *session) *cobra.Command {
	var d daemon
	command := &cobra.Command{
		Use:   "receivers",
		Short: "List whom the daemon tells about connectors, and whether it gets there",
		Args:  exactly(0, "nothing more"),
	}
	d.flags(command)
	command.RunE = func(command *cobra.Command, _ []string) error {
		asked, err := s.reach(d)
		if err != nil {
			return err
		}
		all, err := asked.Receivers(command.Context())
		if err != nil {
			return err
		}
		return s.write(all, func() { s.receivers(all) })
	}
	return command
}

func (s *session) receivers(all []store.Receiver) {
	var rows [][]cell
	for _, one := range all {
		state := cell{"ok", green}
		switch {
		case one.GivenUp > 0:
			state = cell{"not told", red}
		case one.Error != "":
			state = cell{"waiting", yellow}
		}
		last := ""
		if !one.Delivered.IsZero() {
			last = one.Delivered.UTC().Format(timeFormat)
		}
		rows = append(rows, []cell{
			plain(one.Name), state, plain(fmt.Sprint(one.Waiting)), plain(fmt.Sprint(one.GivenUp)), plain(last), plain(one.Error),
		})
	}
	s.table([]string{"RECEIVER", "STATE", "WAITING", "GIVEN UP", "LAST TOLD", "ERROR"}, rows)
}
