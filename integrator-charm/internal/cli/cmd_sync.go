package cli

import (
	"context"

	"github.com/spf13/cobra"

	"connectcharms/integrator-charm/internal/cluster"
	"connectcharms/requirer-lib/connectors"
)

func syncCommand(s *session) *cobra.Command {
	var p planning
	var restart bool
	command := &cobra.Command{
		Use:   "sync [FILE]",
		Short: "Make the connectors those of the state file",
		Long: `Make the connectors on the cluster those of the state file, as plan shows. Each connector fails alone; what came of each is
told, and the code is 1 where one failed. Where nothing differs, nothing is written. Interrupted at any point, the next sync
completes it.

FILE names any source of a state file, - the standard input; without it, it is the context's.`,
		Args: atMost(1, "one state file"),
	}
	p.flags(command)
	command.Flags().BoolVar(&restart, "restart-failed", false, "restart what has failed of connectors that are to run")
	command.RunE = func(command *cobra.Command, words []string) error {
		summaries := []syncView{}
		err := s.onEach(command.Context(), func(on *cluster.Cluster) error {
			w, err := s.wanting(command.Context(), on, p, one(words))
			if err != nil {
				return err
			}
			options := s.options(p)
			options.RestartFailed = restart
			summary, err := s.change(command.Context(), w, options, w.owned.Reconcile)
			if err == nil {
				summaries = append(summaries, summary)
			}
			return err
		})
		return s.toldSyncs(summaries, err)
	}
	return s.everywhere(command)
}

// change has connectors changed, and tells how far it has come.
func (s *session) change(
	ctx context.Context, w wanted, options connectors.Options,
	do func(context.Context, connectors.Desired, connectors.Options) (connectors.Report, error),
) (syncView, error) {
	line := s.progress()
	defer line.done()
	options.Progress = func(done, total int) { line.say("%d of %d connectors", done, total) }
	report, err := do(ctx, w.desired, options)
	return syncView{w.on.Context.Name, report.Summary()}, err
}
