package cli

import (
	"cmp"
	"context"
	"errors"

	"github.com/spf13/cobra"

	"connectcharms/integrator-charm/internal/cluster"
	"connectcharms/requirer-lib/connectors"
)

func applyCommand(s *session) *cobra.Command {
	command := &cobra.Command{
		Use:   "apply PLAN [FILE]",
		Short: "Carry out exactly a saved plan",
		Long: `Carry out exactly the plan that plan --out has saved. Where the cluster or the state file is no longer what the plan was made
for, nothing is done, and the code is 3.

The plan has no secret values: they are read again, from the state file and what it refers to. FILE names that file, where
it is not found where the plan says.`,
		Args: func(_ *cobra.Command, words []string) error {
			if len(words) < 1 || len(words) > 2 {
				return usage("want a saved plan, and perhaps the state file")
			}
			return nil
		},
	}
	command.RunE = func(command *cobra.Command, words []string) error {
		plan, err := readPlan(words[0])
		if err != nil {
			return err
		}
		summary, err := s.carryOutPlan(command.Context(), plan, one(words[1:]))
		if err != nil {
			return err
		}
		return s.toldSyncs([]syncView{summary}, nil)
	}
	return command
}

// carryOutPlan reads the state file, which is where the plan says unless it is named, and applies the plan.
func (s *session) carryOutPlan(ctx context.Context, plan planDocument, named string) (syncView, error) {
	on, err := s.clusterOf(ctx, plan)
	if err != nil {
		return syncView{}, err
	}
	w, err := s.wanting(ctx, on, planning{environment: plan.Environment}, cmp.Or(named, plan.Source))
	if err != nil {
		return syncView{}, err
	}
	if w.digest() != plan.SHA256 || w.Manager != plan.Manager {
		return syncView{}, refused("the state file is not the one that the plan was made for (%s): plan again", w.from)
	}
	apply := func(ctx context.Context, desired connectors.Desired, options connectors.Options) (connectors.Report, error) {
		return w.owned.Apply(ctx, desired, plan.Plan, options)
	}
	summary, err := s.change(ctx, w, s.options(planning{keep: plan.NoDelete}), apply)
	if errors.Is(err, connectors.ErrMoved) {
		return syncView{}, withCode(exitRefused, err)
	}
	return summary, err
}

// clusterOf opens the cluster of a plan, and makes sure that it is the one.
func (s *session) clusterOf(ctx context.Context, plan planDocument) (*cluster.Cluster, error) {
	loaded, err := s.load()
	if err != nil {
		return nil, err
	}
	if _, is := loaded.Contexts[plan.Context]; is && s.flags.context == "" && loaded.Current() != plan.Context {
		s.flags.context = plan.Context
	}
	on, err := s.cluster(ctx)
	if err != nil {
		return nil, err
	}
	if on.Context.Name != plan.Context {
		return nil, refused("the plan is for the context %s, and this is %s", plan.Context, on.Context.Name)
	}
	info, err := on.Client.ServerInfo(ctx)
	if err != nil {
		return nil, err
	}
	if info.KafkaClusterID != plan.Cluster {
		return nil, refused("the plan is for the Kafka cluster %s, and this is %s", plan.Cluster, info.KafkaClusterID)
	}
	return on, nil
}
