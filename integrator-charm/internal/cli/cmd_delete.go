package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"connectcharms/integrator-charm/internal/cluster"
	"connectcharms/requirer-lib/connect"
)

func deleteCommand(s *session) *cobra.Command {
	var chosen selection
	var yes, force bool
	command := &cobra.Command{
		Use:     "delete NAME...",
		Aliases: []string{"rm"},
		Short:   "Delete connectors",
		Long: `Delete connectors. On a terminal it asks first; elsewhere it wants --yes. One that its state file protects is refused: take
the protection off there. What a state file still has comes back with its next sync.`,
		ValidArgsFunction: s.completeNames,
	}
	chosen.flags(command)
	chosen.allFlag(command)
	command.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	command.Flags().BoolVar(&force, "force", false, "delete also what is protected")
	command.RunE = func(command *cobra.Command, names []string) error {
		on, picked, missing, err := s.chooseSome(command.Context(), &chosen, names)
		if err != nil {
			return err
		}
		if len(picked) > 0 && !yes {
			if err := s.confirm(command.Context(), fmt.Sprintf("Delete %s from %s?", some(picked), on.Context.Name)); err != nil {
				return err
			}
		}
		return s.tell(s.apply(command.Context(), on, picked, missing, verb{did: "deleted", do: deletion(force)}))
	}
	return command
}

func deletion(force bool) func(ctx context.Context, on *cluster.Cluster, one view) error {
	return func(ctx context.Context, on *cluster.Cluster, one view) error {
		if one.Protected && !force {
			return refused("it is protected: take that off in the state file of %s, or say --force", one.Manager)
		}
		if err := on.Client.Delete(ctx, one.Name); !errors.Is(err, connect.ErrNotFound) {
			return err
		}
		return nil // it is gone
	}
}

// some names what a question is about.
func some(views []view) string {
	const most = 10
	var names []string
	for _, one := range views[:min(most, len(views))] {
		names = append(names, one.Name)
	}
	text := strings.Join(names, ", ")
	if len(views) > most {
		text += fmt.Sprintf(" and %d more", len(views)-most)
	}
	return text
}

// confirm asks a person. Where there is none, nobody confirms.
func (s *session) confirm(ctx context.Context, question string) error {
	if s.Ask == nil {
		return refused("nobody can be asked here: say --yes")
	}
	answer, err := s.Ask(ctx, cellText(question)+" [y/N] ")
	if err != nil {
		return err
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return refused("nothing was done")
}
