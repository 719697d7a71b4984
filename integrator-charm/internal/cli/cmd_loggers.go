package cli

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"connectcharms/requirer-lib/connect"
)

func loggersCommand(s *session) *cobra.Command {
	list := loggersListCommand(s)
	command := parent("loggers", "Read and set what workers log", list, loggersSetCommand(s))
	command.Aliases = []string{"logs"}
	return command
}

// loggerView is one logger. Its JSON is part of what the program promises.
type loggerView struct {
	Name    string     `json:"name"`
	Level   string     `json:"level"`
	Changed *time.Time `json:"changed,omitempty"` // by the interface, since the worker's start
}

func loggersListCommand(s *session) *cobra.Command {
	command := &cobra.Command{
		Use:   "list [NAME...]",
		Short: "Show levels of one worker's loggers: those with a level of their own, or those that are named",
	}
	command.RunE = func(command *cobra.Command, names []string) error {
		on, err := s.cluster(command.Context())
		if err != nil {
			return err
		}
		found := map[string]connect.Logger{}
		if len(names) == 0 {
			if found, err = on.Client.Loggers(command.Context()); err != nil {
				return err
			}
		}
		for _, name := range names {
			if found[name], err = on.Client.Logger(command.Context(), name); err != nil {
				return err
			}
		}
		views := []loggerView{}
		var rows [][]cell
		for _, name := range slices.Sorted(maps.Keys(found)) {
			one := loggerView{Name: name, Level: found[name].Level}
			if changed := found[name].Changed; !changed.IsZero() {
				one.Changed = &changed
			}
			views = append(views, one)
			rows = append(rows, []cell{plain(one.Name), plain(one.Level)})
		}
		return s.write(views, func() { s.table([]string{"LOGGER", "LEVEL"}, rows) })
	}
	return command
}

func loggersSetCommand(s *session) *cobra.Command {
	levels := []string{
		connect.LevelTrace, connect.LevelDebug, connect.LevelInfo, connect.LevelWarn, connect.LevelError, connect.LevelFatal, "OFF",
	}
	command := &cobra.Command{
		Use:   "set NAME LEVEL",
		Short: "Set the level of a logger, and of all below it, on every worker, each until it ends",
		Long: "Set the level of a logger, and of all below it, on every worker, each until it ends. The levels are\n" +
			strings.Join(levels, ", ") + ". The logger " + connect.RootLogger + " is above all others.",
		Aliases: []string{"level"},
		Example: "  connect-manager loggers set org.apache.kafka.connect.runtime.WorkerSinkTask DEBUG",
		Args:    exactly(2, "a logger and a level"),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) != 1 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return levels, cobra.ShellCompDirectiveNoFileComp
		},
	}
	command.RunE = func(command *cobra.Command, args []string) error {
		level := strings.ToUpper(args[1])
		if !slices.Contains(levels, level) {
			return usage("no level %.40q: want %s", args[1], strings.Join(levels, ", "))
		}
		on, err := s.cluster(command.Context())
		if err != nil {
			return err
		}
		if err := on.Client.SetClusterLogger(command.Context(), args[0], level); err != nil {
			return err
		}
		return s.write(loggerView{Name: args[0], Level: level}, func() { s.printf("%s: %s\n", args[0], level) })
	}
	return command
}
