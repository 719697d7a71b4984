package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

func statusCommand(s *session) *cobra.Command {
	var chosen selection
	var traces bool
	command := &cobra.Command{
		Use:   "status NAME...",
		Short: "Show a connector, its tasks, and why they failed",
		Long: `Show connectors, each with its tasks, where they run, and the error of what has failed: its first line, or all of it with
--traces. Secrets that a trace quotes are hidden. The exit code is 0 whatever the state is; see wait.`,
		ValidArgsFunction: s.completeNames,
	}
	chosen.flags(command)
	chosen.allFlag(command)
	command.Flags().BoolVar(&traces, "traces", false, "show whole stack traces")
	command.RunE = func(command *cobra.Command, names []string) error {
		_, picked, missing, err := s.chooseSome(command.Context(), &chosen, names)
		if err != nil {
			return err
		}
		if picked == nil {
			picked = []view{}
		}
		err = s.write(picked, func() { s.statuses(picked, traces) })
		for _, name := range missing {
			err = errors.Join(err, fmt.Errorf("%s: there is no connector of this name", name))
		}
		return err
	}
	return command
}

func (s *session) statuses(views []view, traces bool) {
	for i, one := range views {
		if i > 0 {
			s.printf("\n")
		}
		s.status(one, traces)
	}
}

func (s *session) status(one view, traces bool) {
	s.line(plain(one.Name+"  "), cell{string(one.State), colourOf(one.State)}, plain(at(one.Worker)))
	s.printf("  class:    %s (%s)\n", one.Class, one.Type)
	for _, row := range [][2]string{{"manager", one.Manager}, {"owner", one.Team}, {"labels", one.labels()}} {
		if row[1] != "" {
			s.printf("  %-9s %s\n", row[0]+":", row[1])
		}
	}
	if one.Protected {
		s.printf("  protected: it is not deleted\n")
	}
	s.trace("  ", one.Trace, traces)
	if len(one.Tasks) == 0 {
		s.printf("  no tasks\n")
	}
	for _, task := range one.Tasks {
		s.line(plain(fmt.Sprintf("  task %-4d ", task.ID)), cell{string(task.State), colourOf(task.State)}, plain(at(task.Worker)))
		s.trace("    ", task.Trace, traces)
	}
}

func at(worker string) string {
	if worker == "" {
		return ""
	}
	return " on " + worker
}
