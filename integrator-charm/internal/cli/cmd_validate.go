package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"connectcharms/integrator-charm/internal/cluster"
	"connectcharms/integrator-charm/internal/settings"
	"connectcharms/requirer-lib/state"
)

// validateView is what validate found. Its JSON is part of what the program promises.
type validateView struct {
	Context    string         `json:"context"`
	Source     string         `json:"source"`
	Valid      bool           `json:"valid"`
	Connectors int            `json:"connectors"`
	Problems   state.Problems `json:"problems"`
	Hints      state.Problems `json:"hints,omitempty"` // likely slips, which the cluster takes
}

func validateCommand(s *session) *cobra.Command {
	var online bool
	var environment string
	command := &cobra.Command{
		Use:   "validate [FILE]",
		Short: "Check the state file, and with --online have the cluster judge it",
		Long: `Check the state file: its form, fields, names and values. All problems are told at once, each with its line and column; the
code is 1 where there is one. No cluster is asked, unless with --online: then references are resolved as well, and the cluster
judges each configuration.

FILE names any source of a state file, - the standard input; without it, it is the context's.`,
		Args: atMost(1, "one state file"),
	}
	command.Flags().BoolVar(&online, "online", false, "have the cluster judge each configuration")
	command.Flags().StringVarP(&environment, "environment", "e", "", "the state file's environment (default: the context's)")
	command.RunE = func(command *cobra.Command, words []string) error {
		contexts, err := s.contexts()
		if err != nil {
			return err
		}
		views, failures := []validateView{}, []error{}
		for _, of := range contexts {
			if environment != "" {
				of.Environment = environment
			}
			found, err := s.validate(command, of, one(words), online)
			if err == nil {
				views = append(views, found)
			}
			failures = append(failures, err)
		}
		return errors.Join(errors.Join(failures...), s.toldProblems(views))
	}
	return s.everywhere(command)
}

// validate gives what is wrong with the file; the error is that it could not be found out.
func (s *session) validate(command *cobra.Command, of settings.Context, named string, online bool) (validateView, error) {
	file, err := s.declare(command.Context(), of, named)
	var judged state.Judgement
	if err == nil && online {
		var on *cluster.Cluster
		if on, err = s.open(command.Context(), of); err == nil {
			judged, err = s.judge(command, on, file)
		}
	}
	found := validateView{Context: of.Name, Source: file.from, Problems: append(state.Problems{}, judged.Problems...), Hints: judged.Hints}
	if file.File != nil {
		found.Connectors = len(file.Connectors)
	}
	if err != nil && !errors.As(err, &found.Problems) {
		return found, err
	}
	found.Valid = len(found.Problems) == 0
	return found, nil
}

// judge resolves references, and has the cluster look at each configuration.
func (s *session) judge(command *cobra.Command, on *cluster.Cluster, file declared) (state.Judgement, error) {
	desired, err := file.Desired(on.Secrets)
	if err != nil {
		return state.Judgement{}, err
	}
	return file.Judge(command.Context(), on.Client, desired)
}

func (s *session) toldProblems(views []validateView) error {
	if len(views) == 0 {
		return nil
	}
	var document any = views
	if !s.flags.allContexts {
		document = views[0]
	}
	wrong := 0
	err := s.write(document, func() {
		for _, each := range views {
			s.problems(each)
		}
	})
	for _, each := range views {
		wrong += len(each.Problems)
	}
	if wrong > 0 {
		return errors.Join(err, withCode(exitFailed, fmt.Errorf("the state file has problems: %d", wrong)))
	}
	return err
}

func (s *session) problems(of validateView) {
	for _, problem := range of.Problems {
		s.printf("%s\n", problem.Error())
	}
	for _, hint := range of.Hints {
		s.note("hint: %v", hint)
	}
	if of.Valid {
		s.printf("%s: %d connectors, valid\n", of.Source, of.Connectors)
	}
}
