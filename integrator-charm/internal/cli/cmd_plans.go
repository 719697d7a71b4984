package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"connectcharms/integrator-charm/internal/approval"
	"connectcharms/integrator-charm/internal/diff"
	"connectcharms/integrator-charm/internal/manager"
	"connectcharms/requirer-lib/connectors"
)

func plansCommand(s *session) *cobra.Command {
	var d daemon
	var all bool
	var limit int
	command := &cobra.Command{
		Use:   "plans",
		Short: "Show the plan that waits for approval, or that the next sync would carry out",
		Args:  exactly(0, "nothing more"),
	}
	d.flags(command)
	d.clusterFlag(command)
	command.Flags().BoolVar(&all, "all", false, "list the plans that wait or waited for approval, the newest first")
	command.Flags().IntVar(&limit, "limit", 20, "with --all, this many, 500 at most")
	command.RunE = func(command *cobra.Command, _ []string) error {
		asked, cluster, err := s.reachCluster(command.Context(), d)
		if err != nil {
			return err
		}
		if all {
			plans, err := asked.Plans(command.Context(), cluster, limit, 0)
			if err != nil {
				return err
			}
			return s.write(plans, func() { s.approvalPlans(plans) })
		}
		plan, err := asked.Plan(command.Context(), cluster)
		if err != nil {
			return err
		}
		return s.write(plan, func() { s.daemonPlan(plan) })
	}
	return command
}

// approvalPlans has a line for each plan; its report has the rest.
func (s *session) approvalPlans(plans []approval.Plan) {
	colours := map[approval.State]colour{approval.Applied: green, approval.Rejected: red, approval.Pending: yellow}
	var rows [][]cell
	for _, plan := range plans {
		said := make([]string, len(plan.Approvals))
		for i, one := range plan.Approvals {
			said[i] = fmt.Sprintf("%s by %s", one.Verdict, one.Who)
		}
		rows = append(rows, []cell{
			plain(plan.ID),
			{string(plan.State), colours[plan.State]},
			plain(plan.Created.UTC().Format(timeFormat)), plain(shortRevision(plan.Revision)),
			plain(fmt.Sprint(len(plan.Changes))), plain(strings.Join(said, ", ")),
		})
	}
	s.table([]string{"PLAN", "STATE", "CREATED", "REVISION", "CHANGES", "SAID"}, rows)
}

func (s *session) daemonPlan(plan manager.Plan) {
	s.warned(plan.Warnings)
	if plan.ID == "" && len(plan.Changes) == 0 {
		s.note("There is nothing to do.")
		return
	}
	if plan.ID != "" {
		s.printf("%s  %s  %s  %s\n", plan.ID, plan.State, plan.Created.UTC().Format(timeFormat), shortRevision(plan.Revision))
	}
	if plan.Reason != "" {
		s.printf("  %s\n", plan.Reason)
	}
	s.planLines(connectors.Plan{Changes: plan.Changes})
	for _, need := range plan.Needs {
		s.printf("%s\n", needed(need))
	}
	for _, line := range decisions(plan) {
		s.printf("%s\n", line)
	}
	s.note("%s", countOf(plan))
}

func needed(need manager.Need) string {
	text := need.Change + " needs an approval"
	if need.Count > 1 {
		text = fmt.Sprintf("%s needs %d approvals", need.Change, need.Count)
	}
	if len(need.Approvers) > 0 {
		text += ", of " + strings.Join(need.Approvers, ", ")
	}
	return text + " (" + need.Rule + ")"
}

func countOf(plan manager.Plan) string {
	count, _, _ := strings.Cut(diff.Count(connectors.Plan{Changes: plan.Changes}), ";")
	return fmt.Sprintf("%s.", count)
}
