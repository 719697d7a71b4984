package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"connectcharms/integrator-charm/internal/cluster"
	"connectcharms/integrator-charm/internal/diff"
	"connectcharms/requirer-lib/connectors"
)

func planCommand(s *session) *cobra.Command {
	var p planning
	var report, out string
	command := &cobra.Command{
		Use:   "plan [FILE]",
		Short: "Show what a sync would change",
		Long: `Show what makes the connectors on the cluster those of the state file: what is created, changed, deleted, and what a person
has to see to first. Nothing is written to the cluster. The exit code is 0 where there is nothing to change and 2 where there
is. No secret value is shown or saved.

FILE names any source of a state file, - the standard input; without it, it is the context's.

With --out the plan is saved, and apply carries out exactly that. --report markdown writes it for a pull request.`,
		Example: `  connect-manager plan state.yaml
  connect-manager plan --out plan.json && connect-manager apply plan.json
  connect-manager plan --report markdown --all-contexts >> "$GITHUB_STEP_SUMMARY"`,
		Args: atMost(1, "one state file"),
	}
	p.flags(command)
	command.Flags().StringVar(&report, "report", "", "markdown: write it as a section of a pull request")
	command.Flags().StringVar(&out, "out", "", "save the plan to this file, for apply")
	_ = command.RegisterFlagCompletionFunc("report", words("markdown"))
	command.RunE = func(command *cobra.Command, files []string) error {
		switch {
		case report != "" && report != "markdown":
			return usage("--report %.40q: want markdown", report)
		case out != "" && s.flags.allContexts:
			return usage("--out is for the plan of one context")
		}
		plans, err := s.plans(command.Context(), p, one(files))
		if err != nil && len(plans) == 0 {
			return err
		}
		if out != "" {
			if err := plans[0].save(out); err != nil {
				return err
			}
		}
		if writeErr := s.writePlans(plans, report != ""); writeErr != nil {
			return writeErr
		}
		if err == nil && hasChanges(plans) {
			return withCode(exitChanges, errTold)
		}
		return err
	}
	return s.everywhere(command)
}

// plans are those of all contexts that the command is for, as far as they could be made.
func (s *session) plans(ctx context.Context, p planning, named string) (plans []planDocument, err error) {
	err = s.onEach(ctx, func(on *cluster.Cluster) error {
		w, err := s.wanting(ctx, on, p, named)
		if err != nil {
			return err
		}
		document, err := s.planDocument(ctx, w, p)
		if err == nil {
			plans = append(plans, document)
		}
		return err
	})
	return plans, err
}

func hasChanges(plans []planDocument) bool {
	for _, each := range plans {
		if len(each.Changes) > 0 {
			return true
		}
	}
	return false
}

// writePlans writes one plan as an object, and those of --all-contexts as a list.
func (s *session) writePlans(plans []planDocument, markdown bool) error {
	if markdown {
		for i, each := range plans {
			if i > 0 {
				s.printf("\n")
			}
			s.printf("%s", diff.Markdown("Plan for "+each.Context, each.Plan))
		}
		return nil
	}
	var document any = plans
	if !s.flags.allContexts {
		document = plans[0]
	}
	return s.write(document, func() {
		for _, each := range plans {
			s.planLines(each.Plan)
			s.line(plain(each.Context + ": " + diff.Count(each.Plan) + "."))
		}
	})
}

var colours = map[diff.Mark]colour{
	diff.Add: green, diff.Remove: red, diff.Change: yellow, diff.Wait: faint, diff.Refuse: red,
}

func (s *session) planLines(plan connectors.Plan) {
	for _, each := range diff.Lines(plan) {
		s.line(plain(strings.Repeat("    ", each.Depth)), cell{string(each.Mark) + " " + each.Text, colours[each.Mark]})
	}
}
