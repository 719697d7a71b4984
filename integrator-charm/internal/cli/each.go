package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"connectcharms/integrator-charm/internal/cluster"
	"connectcharms/requirer-lib/connect"
)

// outcome is what came of one connector. Its JSON is part of what the program promises.
type outcome struct {
	Context string `json:"context"`
	Name    string `json:"name"`
	Did     string `json:"did,omitempty"`
	Error   string `json:"error,omitempty"`

	cause error
}

// verb is something that a person has done to connectors, each by itself.
type verb struct {
	did  string // how it is told: "paused"
	do   func(ctx context.Context, on *cluster.Cluster, one view) error
	wait *condition // with --wait, what is then waited for; nil: there is nothing to wait for
}

// carryOut does it to those that are selected, eight at a time, and tells what came of each.
func (s *session) carryOut(command *cobra.Command, chosen *selection, names []string, v verb) error {
	on, picked, missing, err := s.chooseSome(command.Context(), chosen, names)
	if err != nil {
		return err
	}
	return s.tell(s.apply(command.Context(), on, picked, missing, v))
}

// chooseSome chooses on the cluster that is meant, where something says which connectors.
func (s *session) chooseSome(
	ctx context.Context, chosen *selection, names []string,
) (on *cluster.Cluster, picked []view, missing []string, err error) {
	if chosen.isEmpty(names) {
		return nil, nil, nil, usage("which connectors? Name some, or say --match, --owner, --label, --state or --all")
	}
	if on, err = s.cluster(ctx); err != nil {
		return nil, nil, nil, err
	}
	picked, missing, err = s.choose(ctx, on, chosen, names)
	return on, picked, missing, err
}

// choose looks at the cluster, and into the state file where the selection needs it.
func (s *session) choose(ctx context.Context, on *cluster.Cluster, chosen *selection, names []string) ([]view, []string, error) {
	views, err := look(ctx, on)
	if err == nil && chosen.needsFile() {
		err = s.describe(ctx, on, views)
	}
	if err != nil {
		return nil, nil, err
	}
	return chosen.pick(views, names)
}

func (s *session) apply(ctx context.Context, on *cluster.Cluster, picked []view, missing []string, v verb) []outcome {
	byName := map[string]view{}
	names := make([]string, 0, len(picked))
	for _, one := range picked {
		byName[one.Name] = one
		names = append(names, one.Name)
	}
	errs := connect.Each(ctx, 0, names, func(ctx context.Context, name string) error { return v.do(ctx, on, byName[name]) })
	if v.wait != nil {
		done := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return errs[name] != nil })
		maps.Copy(errs, s.await(ctx, on, done, v.wait))
	}
	outcomes := make([]outcome, 0, len(names)+len(missing))
	for _, name := range names {
		outcomes = append(outcomes, newOutcome(on, name, v.did, errs[name]))
	}
	for _, name := range missing {
		outcomes = append(outcomes, newOutcome(on, name, "", errors.New("there is no connector of this name")))
	}
	return outcomes
}

func newOutcome(on *cluster.Cluster, name, did string, err error) outcome {
	result := outcome{Context: on.Context.Name, Name: name, Did: did, cause: err}
	switch {
	case errors.Is(err, context.Canceled):
		result.Did, result.Error = "", "interrupted: look whether it was done"
	case err != nil:
		result.Did, result.Error = "", err.Error()
	}
	return result
}

// tell writes what was done to Out and what failed to Err; as a document, both to Out.
func (s *session) tell(outcomes []outcome) error {
	if outcomes == nil {
		outcomes = []outcome{}
	}
	err := s.write(outcomes, func() {
		for _, one := range outcomes {
			if one.cause == nil {
				s.printf("%s: %s\n", one.Name, one.Did)
			}
		}
	})
	return errors.Join(err, s.failed(outcomes))
}

// failed says how many failed, and has the code of the first.
func (s *session) failed(outcomes []outcome) error {
	var first error
	n := 0
	for _, one := range outcomes {
		if one.cause == nil {
			continue
		}
		if n++; first == nil {
			first = one.cause
		}
		s.note("%s: %s", one.Name, one.Error)
	}
	if n == 0 {
		if len(outcomes) == 0 {
			s.note("There is no such connector.")
		}
		return nil
	}
	code := exitFailed
	var own coded
	if errors.As(first, &own) {
		code = own.code
	}
	return withCode(code, fmt.Errorf("%d of %d failed", n, len(outcomes)))
}
