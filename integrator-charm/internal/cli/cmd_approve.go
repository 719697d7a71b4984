package cli

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/spf13/cobra"

	"connectcharms/integrator-charm/internal/client"
	"connectcharms/integrator-charm/internal/manager"
)

func approveCommand(s *session) *cobra.Command {
	return s.decisionCommand(&cobra.Command{
		Use:   "approve PLAN",
		Short: "Approve a plan, which is then carried out",
		Long: `Approve a plan, by its ID (see plans). When its rules want no more approvals, it is carried out. Who approved it, when, and
with which comment, is kept.`,
	}, (*client.Client).Approve)
}

func rejectCommand(s *session) *cobra.Command {
	return s.decisionCommand(&cobra.Command{
		Use:   "reject PLAN",
		Short: "Reject a plan",
		Long:  "Reject a plan, by its ID (see plans): what of it wants an approval is not carried out.",
	}, (*client.Client).Reject)
}

func (s *session) decisionCommand(
	command *cobra.Command, decide func(*client.Client, context.Context, string, string) (manager.Plan, error),
) *cobra.Command {
	var d daemon
	var comment string
	d.flags(command)
	command.Args = exactly(1, "one plan's ID")
	command.Flags().StringVarP(&comment, "comment", "c", "", "why")
	command.RunE = func(command *cobra.Command, ids []string) error {
		asked, err := s.reach(d)
		if err != nil {
			return err
		}
		plan, err := decide(asked, command.Context(), ids[0], comment)
		if err != nil {
			return withDaemonCode(err)
		}
		return s.write(plan, func() {
			s.printf("%s: %s\n", plan.ID, plan.State)
			for _, line := range decisions(plan) {
				s.note("%s", line)
			}
		})
	}
	return command
}

// withDaemonCode gives what the daemon refuses the code of what is refused.
func withDaemonCode(err error) error {
	var refusal *client.Error
	if errors.As(err, &refusal) && slices.Contains(
		[]int{http.StatusConflict, http.StatusForbidden, http.StatusPreconditionFailed}, refusal.Status,
	) {
		return withCode(exitRefused, err)
	}
	return err
}
