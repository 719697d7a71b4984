package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"connectcharms/integrator-charm/internal/diff"
	"connectcharms/integrator-charm/internal/manager"
	"connectcharms/requirer-lib/connectors"
)

func plansCommand(s *session) *cobra.Command {
	var d daemon
	command := &cobra.Command{
		Use:   "plans",
		Short: "Show the plan that waits for approval, or that the next sync would carry out",
		Args:  exactly(0, "nothing more"),
	}
	d.flags(command)
	d.clusterFlag(command)
	command.RunE = func(command *cobra.Command, _ []string) error {
		asked, cluster, err := s.reachCluster(command.Context(), d)
		if err != nil {
			return err
		}
		plan, err := asked.Plan(command.Context(), cluster)
		if err != nil {
			return err
		}
		return s.write(plan, func() { s.daemonPlan(plan) })
	}
	return command
}

func (s *session) daemonPlan(plan manager.Plan) {
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
