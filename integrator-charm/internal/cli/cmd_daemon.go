package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"connectcharms/integrator-charm/internal/client"
	"connectcharms/integrator-charm/internal/controltopic"
	"connectcharms/integrator-charm/internal/manager"
)

func daemonCommand(s *session) *cobra.Command {
	return parent("daemon", "Ask connect-manager serve how it is, have it sync, or read its configuration again",
		daemonStatusCommand(s), daemonSyncCommand(s), daemonReloadCommand(s))
}

func daemonStatusCommand(s *session) *cobra.Command {
	var d daemon
	command := &cobra.Command{Use: "status", Short: "Show how the daemon keeps a cluster", Args: exactly(0, "nothing more")}
	d.flags(command)
	d.clusterFlag(command)
	command.RunE = func(command *cobra.Command, _ []string) error {
		asked, cluster, err := s.reachCluster(command.Context(), d)
		if err != nil {
			return err
		}
		status, err := asked.Status(command.Context(), cluster)
		if err != nil {
			return err
		}
		return s.write(status, func() {
			s.printf("%s\n", status.Cluster)
			s.daemonTroubles(command.Context(), asked, cluster)
			s.daemonStatus(status)
		})
	}
	return command
}

// statusRow is a line of daemon status, where there is something to say.
func (s *session) statusRow(name, text string, in colour) {
	if text != "" {
		s.line(plain(fmt.Sprintf("  %-12s ", name)), cell{text, in})
	}
}

// daemonTroubles are what somebody has to look at: connectors that are kept stopped, and connections that are not well. What cannot
// be asked is left out: the rest is worth knowing without it.
func (s *session) daemonTroubles(ctx context.Context, asked *client.Client, cluster string) {
	overlays, _ := asked.Overlays(ctx, cluster)
	for _, one := range overlays {
		if one.Halted != nil {
			s.statusRow("stopped:", fmt.Sprintf("%s since %s: %s", one.Connector, one.Halted.Since.UTC().Format(timeFormat), one.Halted.Reason), red)
		}
	}
	all, _ := asked.Connections(ctx)
	for _, one := range all {
		for _, part := range one.Status.Parts() {
			if is := one.Status.Part(part); is.State.IsTrouble() {
				s.statusRow("connection:", fmt.Sprintf("%s, %s: %s since %s: %s",
					one.Spec.ID, part, is.State, is.LastTransitionTime.UTC().Format(timeFormat), firstError(*is)), red)
			}
		}
	}
}

func (s *session) daemonStatus(status manager.Status) {
	row := func(name, text string) { s.statusRow(name+":", text, none) }
	if !status.Active {
		row("standby", "another one works")
	}
	row("state file", strings.TrimSpace(status.Source+" "+shortRevision(status.Revision)))
	row("environment", status.Environment)
	row("cluster", status.Error)
	row("source", status.SourceError)
	for _, problem := range status.Problems {
		row("problem", problem.Error())
	}
	if last := status.LastSync; last != nil {
		row("last sync", fmt.Sprintf("%s by %s, %s: %s", last.At.UTC().Format(timeFormat), last.By, last.Result, counted(last.Summary)))
		row("", last.Error)
	}
	if status.NextSync != nil {
		row("next sync", status.NextSync.UTC().Format(timeFormat))
	}
	var states []string
	for _, state := range slices.Sorted(maps.Keys(status.Connectors)) {
		states = append(states, fmt.Sprintf("%d %s", status.Connectors[state], state))
	}
	row("connectors", strings.Join(states, ", "))
	s.controlTopic(status.ControlTopic)
	row("drifted", strings.Join(status.Drifted, ", "))
	row("given up", strings.Join(status.GivenUp, ", "))
}

// controlTopic says how control messages are read.
func (s *session) controlTopic(topic *controltopic.Health) {
	switch {
	case topic == nil:
	case topic.Error != "":
		s.statusRow("control:", fmt.Sprintf("topic %s is not read: %s", topic.Topic, topic.Error), red)
	case topic.Waiting > 0:
		s.statusRow("control:", fmt.Sprintf("topic %s: messages of %d connectors wait since %s: %s",
			topic.Topic, topic.Waiting, topic.Since.UTC().Format(timeFormat), topic.Reason), yellow)
	default:
		s.statusRow("control:", "topic "+topic.Topic, none)
	}
}

func daemonSyncCommand(s *session) *cobra.Command {
	var d daemon
	command := &cobra.Command{
		Use:   "sync",
		Short: "Have the daemon make the connectors those of the state file now",
		Long:  "Have the daemon make the connectors those of the state file now. It goes on when the command is interrupted.",
		Args:  exactly(0, "nothing more"),
	}
	d.flags(command)
	d.clusterFlag(command)
	command.RunE = func(command *cobra.Command, _ []string) error {
		asked, cluster, err := s.reachCluster(command.Context(), d)
		if err != nil {
			return err
		}
		summary, err := asked.Sync(command.Context(), cluster)
		if err != nil {
			return withDaemonCode(err)
		}
		return s.toldSyncs([]syncView{{cluster, summary}}, nil)
	}
	return command
}

func daemonReloadCommand(s *session) *cobra.Command {
	var d daemon
	command := &cobra.Command{Use: "reload", Short: "Have the daemon read its configuration again", Args: exactly(0, "nothing more")}
	d.flags(command)
	command.RunE = func(command *cobra.Command, _ []string) error {
		asked, err := s.reach(d)
		if err != nil {
			return err
		}
		if err := asked.Reload(command.Context()); err != nil {
			return withDaemonCode(err)
		}
		return s.write(map[string]string{"did": "reloaded"}, func() { s.printf("reloaded\n") })
	}
	return command
}
