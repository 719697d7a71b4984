package cli

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"connectcharms/integrator-charm/internal/client"
	"connectcharms/integrator-charm/internal/manager"
)

func silenceCommand(s *session) *cobra.Command {
	return parent("silence", "Keep owners from being told of connectors for a while",
		silenceAddCommand(s), silenceListCommand(s), silenceEndCommand(s))
}

func silenceAddCommand(s *session) *cobra.Command {
	var d daemon
	var wanted client.NewSilence
	var lasts time.Duration
	command := &cobra.Command{
		Use:     "add --for DURATION (--connector PATTERN | --team TEAM | --label KEY=PATTERN)",
		Short:   "Begin a silence",
		Example: "  connect-manager silence add --team streams --for 2h --comment 'the broker is moved'",
		Args:    exactly(0, "nothing more"),
	}
	d.flags(command)
	flags := command.Flags()
	flags.StringVar(&wanted.Cluster, "cluster", "", "on this cluster of the daemon's (default: on all)")
	flags.StringVar(&wanted.Connector, "connector", "", "of connectors whose name matches: * stands for any text")
	flags.StringVar(&wanted.Team, "team", "", "of this team's connectors")
	flags.StringToStringVarP(&wanted.Labels, "label", "l", nil, "of connectors with this label, KEY=PATTERN; several have all to match")
	flags.DurationVar(&lasts, "for", 0, "for this time, such as 2h30m")
	flags.StringVarP(&wanted.Comment, "comment", "c", "", "why")
	command.RunE = func(command *cobra.Command, _ []string) error {
		if lasts <= 0 || wanted.Connector == "" && wanted.Team == "" && len(wanted.Labels) == 0 {
			return usage("want --for, and --connector, --team or --label")
		}
		asked, err := s.reach(d)
		if err != nil {
			return err
		}
		wanted.Until = s.Now().Add(lasts).UTC()
		made, err := asked.Silence(command.Context(), wanted)
		if err != nil {
			return withDaemonCode(err)
		}
		return s.write(made, func() { s.printf("%s: until %s\n", made.ID, made.Until.UTC().Format(timeFormat)) })
	}
	return command
}

func silenceListCommand(s *session) *cobra.Command {
	var d daemon
	command := &cobra.Command{Use: "list", Short: "List silences", Args: exactly(0, "nothing more")}
	d.flags(command)
	command.RunE = func(command *cobra.Command, _ []string) error {
		asked, err := s.reach(d)
		if err != nil {
			return err
		}
		all, err := asked.Silences(command.Context())
		if err != nil {
			return err
		}
		return s.write(all, func() { s.silences(all) })
	}
	return command
}

func (s *session) silences(all []manager.Silence) {
	var rows [][]cell
	for _, each := range all {
		rows = append(rows, []cell{
			plain(each.ID), plain(each.Cluster), plain(silenced(each)), plain(each.Team), plain(each.Until.UTC().Format(timeFormat)), plain(each.By),
			plain(each.Comment),
		})
	}
	s.table([]string{"ID", "CLUSTER", "CONNECTOR", "TEAM", "UNTIL", "BY", "COMMENT"}, rows)
}

// silenced is which connectors, beside those of a team.
func silenced(silence manager.Silence) string {
	words := []string{silence.Connector}
	for _, key := range slices.Sorted(maps.Keys(silence.Labels)) {
		words = append(words, key+"="+silence.Labels[key])
	}
	return strings.TrimSpace(strings.Join(words, " "))
}

func silenceEndCommand(s *session) *cobra.Command {
	var d daemon
	command := &cobra.Command{Use: "end ID", Short: "End a silence", Args: exactly(1, "one silence's ID")}
	d.flags(command)
	command.RunE = func(command *cobra.Command, ids []string) error {
		asked, err := s.reach(d)
		if err != nil {
			return err
		}
		if err := asked.EndSilence(command.Context(), ids[0]); err != nil {
			return withDaemonCode(err)
		}
		return s.write(map[string]string{"id": ids[0], "did": "ended"}, func() { s.printf("%s: ended\n", ids[0]) })
	}
	return command
}
