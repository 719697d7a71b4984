package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// awaitable are the conditions of --for.
var awaitable = []*condition{isRunning, isPaused, isStopped, hasFailed, isGone}

func waitWords() (words []string) {
	for _, each := range awaitable {
		words = append(words, each.name)
	}
	return words
}

func waitCommand(s *session) *cobra.Command {
	var state string
	command := &cobra.Command{
		Use:   "wait NAME...",
		Short: "Wait until connectors are in a state",
		Long: `Wait until every connector is running (with all its tasks), paused, stopped, failed or gone; it need not be there yet. It
waits two minutes, or --timeout, and ends with code 4 when that is over, with 1 when one that is to run has failed.`,
		ValidArgsFunction: s.completeNames,
	}
	command.Flags().StringVar(&state, "for", isRunning.name, strings.Join(waitWords(), ", "))
	_ = command.RegisterFlagCompletionFunc("for", words(waitWords()...))
	command.RunE = func(command *cobra.Command, names []string) error {
		at := slices.Index(waitWords(), state)
		switch {
		case at < 0:
			return usage("--for %.40q: want %s", state, strings.Join(waitWords(), ", "))
		case len(names) == 0:
			return usage("which connectors? Name some")
		}
		on, err := s.cluster(command.Context())
		if err != nil {
			return err
		}
		names = slices.Compact(slices.Sorted(slices.Values(names)))
		failures := s.await(command.Context(), on, names, awaitable[at])
		var outcomes []outcome
		for _, name := range names {
			outcomes = append(outcomes, newOutcome(on, name, state, failures[name]))
		}
		return s.tell(outcomes)
	}
	return command
}
