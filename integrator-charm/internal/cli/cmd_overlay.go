package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"connectcharms/integrator-charm/internal/client"
	"connectcharms/integrator-charm/internal/overlay"
)

func overlayCommand(s *session) *cobra.Command {
	return parent("overlay", "What connectors have changed of their own configuration, and giving it back to the state file",
		overlayShowCommand(s), overlayClearCommand(s))
}

func overlayShowCommand(s *session) *cobra.Command {
	var d daemon
	command := &cobra.Command{
		Use:   "show [NAME...]",
		Short: "Show what connectors have changed of their own configuration",
		Long: `Show what connectors have changed of their own configuration by control messages: which keys, when, by whom, and what a
connector is stopped for. Values of secrets are not shown.`,
		ValidArgsFunction: s.completeOverlays,
	}
	d.flags(command)
	d.clusterFlag(command)
	command.RunE = func(command *cobra.Command, names []string) error {
		asked, cluster, err := s.reachCluster(command.Context(), d)
		if err != nil {
			return err
		}
		all, err := overlays(command.Context(), asked, cluster, names)
		if err != nil && len(all) == 0 {
			return err
		}
		return errors.Join(s.write(all, func() { s.overlays(all) }), err)
	}
	return command
}

// overlays are those of the names, each of which may fail alone; of all, without names.
func overlays(ctx context.Context, asked *client.Client, cluster string, names []string) ([]overlay.Shown, error) {
	if len(names) == 0 {
		all, err := asked.Overlays(ctx, cluster)
		if all == nil {
			all = []overlay.Shown{}
		}
		return all, err
	}
	var failures []error
	all := []overlay.Shown{}
	for _, name := range names {
		shown, err := asked.Overlay(ctx, cluster, name)
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", name, err))
			continue
		}
		all = append(all, shown)
	}
	return all, errors.Join(failures...)
}

// overlays are shown with the connectors first that are kept stopped.
func (s *session) overlays(all []overlay.Shown) {
	if len(all) == 0 {
		s.note("No connector has changed anything of its configuration.")
	}
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b overlay.Shown) int { return rank(a.Halted == nil) - rank(b.Halted == nil) })
	for i, one := range all {
		if i > 0 {
			s.printf("\n")
		}
		s.overlay(one)
	}
}

func rank(isLast bool) int {
	if isLast {
		return 1
	}
	return 0
}

func (s *session) overlay(one overlay.Shown) {
	s.line(plain(one.Connector), plain(fmt.Sprintf("  version %d  ", one.Version)), overlayState(one))
	if one.Halted != nil {
		s.line(plain(fmt.Sprintf("  since %s, by %s: ", one.Halted.Since.UTC().Format(timeFormat), one.Halted.By)), cell{one.Halted.Reason, red})
	}
	var rows [][]cell
	for _, key := range one.Keys {
		rows = append(rows, []cell{
			plain("  " + key.Key), overlayValue(key), plain(key.EmittedAt.UTC().Format(timeFormat)), plain(key.By), plain(strconv.FormatInt(key.Version, 10)),
			superseded(key),
		})
	}
	s.table([]string{"  KEY", "VALUE", "EMITTED", "BY", "VERSION", ""}, rows)
}

func overlayState(one overlay.Shown) cell {
	switch {
	case one.Halted != nil:
		return cell{"stopped: a message did not conform", red}
	case one.Waiting != "":
		return cell{"waits: " + one.Waiting, yellow}
	case !one.Applied:
		return cell{"waits", yellow}
	}
	return cell{"applied", green}
}

func overlayValue(key overlay.KeyShown) cell {
	switch {
	case key.Removed:
		return cell{"(removed)", faint}
	case key.Secret:
		return cell{"(secret)", faint}
	}
	return plain(strconv.Quote(key.Value))
}

func superseded(key overlay.KeyShown) cell {
	if !key.Superseded {
		return cell{}
	}
	return cell{"the state file says something else since", yellow}
}

func overlayClearCommand(s *session) *cobra.Command {
	var d daemon
	var yes bool
	var version int64
	command := &cobra.Command{
		Use:   "clear NAME [KEY...]",
		Short: "Give what a connector has changed of its configuration back to the state file",
		Long: `Give keys of a connector's configuration that it has changed itself back to the state file, or all of them. On a terminal it
asks first; elsewhere it wants --yes. The connector gets what the state file says, and one that is stopped because its
message did not conform goes on.`,
		Args:              atLeastOne("the connector's name, and keys where not all are meant"),
		ValidArgsFunction: s.completeOverlayKeys,
	}
	d.flags(command)
	d.clusterFlag(command)
	command.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	command.Flags().Int64Var(&version, "version", 0, "only where the overlay is of this version still")
	command.RunE = func(command *cobra.Command, words []string) error {
		asked, cluster, err := s.reachCluster(command.Context(), d)
		if err != nil {
			return err
		}
		name, keys := words[0], words[1:]
		if !yes {
			if err := s.confirm(command.Context(), clearing(name, keys)); err != nil {
				return err
			}
		}
		left, err := asked.ClearOverlay(command.Context(), cluster, name, keys, number(version))
		if err != nil {
			return withDaemonCode(err)
		}
		return s.write(left, func() { s.printf("%s: cleared; changed keys that are left: %d\n", name, len(left.Keys)) })
	}
	return command
}

func clearing(name string, keys []string) string {
	if len(keys) == 0 {
		return fmt.Sprintf("Give all that %s has changed of its configuration back to the state file?", name)
	}
	return fmt.Sprintf("Give %s of %s back to the state file?", strings.Join(keys, ", "), name)
}

// number is a version as it is asked for; 0: any.
func number(version int64) string {
	if version == 0 {
		return ""
	}
	return strconv.FormatInt(version, 10)
}
