package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/spf13/cobra"

	"connectcharms/integrator-charm/internal/client"
	"connectcharms/requirer-lib/connection"
)

func connectionsCommand(s *session) *cobra.Command {
	return parent("connections", "The systems that connectors need, and whether one gets in",
		connectionsListCommand(s), connectionsShowCommand(s), connectionsAddCommand(s), connectionsSetCommand(s), connectionsDeleteCommand(s),
		connectionsProbeCommand(s), connectionsWatchCommand(s))
}

func connectionsListCommand(s *session) *cobra.Command {
	var d daemon
	command := &cobra.Command{
		Use:   "list",
		Short: "List connections and their states, those first that are not well",
		Args:  exactly(0, "nothing more"),
	}
	d.flags(command)
	command.RunE = func(command *cobra.Command, _ []string) error {
		asked, err := s.reach(d)
		if err != nil {
			return err
		}
		all, err := asked.Connections(command.Context())
		if err != nil {
			return err
		}
		slices.SortStableFunc(all, func(a, b connection.Resource) int { return cmp.Compare(urgency(a.Status), urgency(b.Status)) })
		return s.write(all, func() { s.connections(all) })
	}
	return command
}

// urgency is that of a connection's worst part. One without parts comes last.
func urgency(status connection.Status) int {
	if worst := status.Worst(); worst != nil {
		return worst.State.Urgency()
	}
	return math.MaxInt
}

// connections is a row for each part.
func (s *session) connections(all []connection.Resource) {
	if len(all) == 0 {
		s.note("There are no connections.")
	}
	var rows [][]cell
	for _, one := range all {
		for _, part := range one.Status.Parts() {
			is := one.Status.Part(part)
			rows = append(rows, []cell{
				plain(one.Spec.ID), plain(one.Spec.Name), plain(string(part)),
				{string(is.State), colourOfConnection(is.State)},
				plain(is.LastTransitionTime.UTC().Format(timeFormat)), plain(firstError(*is)),
			})
		}
	}
	s.table([]string{"ID", "NAME", "SYSTEM", "STATE", "SINCE", "ERROR"}, rows)
}

func colourOfConnection(state connection.State) colour {
	switch {
	case state.IsTrouble():
		return red
	case state == connection.Success:
		return green
	}
	return yellow
}

// firstError is what went wrong in the phase that comes first.
func firstError(part connection.PartStatus) string {
	for _, phase := range connection.Phases {
		if one, is := part.Errors[phase]; is {
			return string(phase) + ": " + head(one.Message)
		}
	}
	return ""
}

func connectionsShowCommand(s *session) *cobra.Command {
	var d daemon
	command := &cobra.Command{
		Use:               "show ID...",
		Short:             "Show connections, and all that is wrong with them",
		Args:              atLeastOne("the ids of connections"),
		ValidArgsFunction: s.completeConnections,
	}
	d.flags(command)
	command.RunE = func(command *cobra.Command, ids []string) error {
		return s.onConnections(command.Context(), d, ids, (*client.Client).Connection)
	}
	return command
}

func connectionsProbeCommand(s *session) *cobra.Command {
	var d daemon
	command := &cobra.Command{
		Use:               "probe ID...",
		Short:             "Try connections now, and show what came of it",
		Long:              `Try connections now, and show what came of it. The code is 1 where one of them is not well.`,
		Args:              atLeastOne("the ids of connections"),
		ValidArgsFunction: s.completeConnections,
	}
	d.flags(command)
	command.RunE = func(command *cobra.Command, ids []string) error {
		return s.onConnections(command.Context(), d, ids, func(asked *client.Client, ctx context.Context, id string) (connection.Resource, error) {
			one, err := asked.ProbeConnection(ctx, id)
			if err == nil && isTrouble(one) {
				err = errTrouble
			}
			return one, err
		})
	}
	return command
}

// errTrouble is of a connection that is shown, and says why itself.
var errTrouble = errors.New("it is not well")

func isTrouble(one connection.Resource) bool {
	return slices.ContainsFunc(one.Status.Parts(), func(part connection.Part) bool { return one.Status.Part(part).State.IsTrouble() })
}

// onConnections does something with each, and shows them. Each fails alone.
func (s *session) onConnections(
	ctx context.Context, d daemon, ids []string, do func(*client.Client, context.Context, string) (connection.Resource, error),
) error {
	asked, err := s.reach(d)
	if err != nil {
		return err
	}
	all := []connection.Resource{}
	var failures []error
	for _, id := range ids {
		one, err := do(asked, ctx, id)
		if err == nil || errors.Is(err, errTrouble) {
			all = append(all, one)
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", id, withDaemonCode(err)))
		}
	}
	return errors.Join(s.write(all, func() { s.wholeConnections(all) }), errors.Join(failures...))
}

func (s *session) wholeConnections(all []connection.Resource) {
	for i, one := range all {
		if i > 0 {
			s.printf("\n")
		}
		s.wholeConnection(one)
	}
}

func (s *session) wholeConnection(one connection.Resource) {
	s.line(plain(one.Spec.ID), plain("  "+string(one.Spec.Type)), plain("  "+one.Spec.Name))
	s.printf("  from %s, generation %d\n", one.Metadata.Origin, one.Metadata.Generation)
	for _, part := range one.Status.Parts() {
		is := one.Status.Part(part)
		s.line(plain("  "+string(part)+"  "), cell{string(is.State), colourOfConnection(is.State)},
			plain(" since "+is.LastTransitionTime.UTC().Format(timeFormat)+as(is.User)))
		for _, name := range slices.Sorted(maps.Keys(is.Details)) {
			s.line(cell{"    " + name + " " + is.Details[name], faint})
		}
		if !is.RequiresAuthenticationAt.IsZero() {
			s.printf("    log in again by %s\n", is.RequiresAuthenticationAt.UTC().Format(timeFormat))
		}
		for _, phase := range connection.Phases {
			if wrong, has := is.Errors[phase]; has {
				s.line(cell{"    " + string(phase) + ": " + wrong.Message, red}, cell{passing(wrong), faint})
			}
		}
	}
}

func as(user *connection.User) string {
	if user == nil {
		return ""
	}
	if name := cmp.Or(user.Username, user.ID); name != "" {
		return ", as " + name
	}
	return ""
}

func passing(wrong connection.Error) string {
	if wrong.IsTransient {
		return " (may pass)"
	}
	return ""
}
