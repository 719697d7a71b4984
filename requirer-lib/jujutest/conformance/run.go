package conformance

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"
)

// Backend is a model to take a scenario's steps on: of jujutest, or of a Juju controller.
type Backend interface {
	Deploy(ctx context.Context, application string) error
	RemoveApplication(ctx context.Context, application string) error
	AddUnit(ctx context.Context, application string) error
	RemoveUnit(ctx context.Context, unit string) error
	Integrate(ctx context.Context, a, b string) error
	RemoveRelation(ctx context.Context, a, b string) error
	SetConfig(ctx context.Context, application, option, value string) error
	Attach(ctx context.Context, application, resource, content string) error
	Refresh(ctx context.Context, application string) error
	Resolve(ctx context.Context, unit string, retry bool) error

	// Action runs the action "do" and describes its result.
	Action(ctx context.Context, unit string, params map[string]any) (string, error)

	// Settle waits until no unit has a hook left to run.
	Settle(ctx context.Context) error

	// Recordings are all that units have recorded since the model began, by unit; also of units that are gone.
	Recordings(ctx context.Context) (map[string]string, error)

	// States describes each unit that there is in a line: its workload's status, and whether it leads or has failed.
	States(ctx context.Context) (map[string]string, error)
}

// Run takes the steps of a scenario, and gives the normalised transcript.
func Run(ctx context.Context, s *Scenario, b Backend) (string, error) {
	var out strings.Builder
	seen := map[string]int{}
	names := map[string]*normaliser{}
	for number, step := range s.Steps {
		result, err := take(ctx, b, number, step)
		if err == nil {
			err = b.Settle(ctx)
		}
		var recordings, states map[string]string
		if err == nil {
			recordings, err = b.Recordings(ctx)
		}
		if err == nil {
			states, err = b.States(ctx)
		}
		if err != nil {
			return out.String(), fmt.Errorf("scenario %s: step %d, %s: %w", s.Name, number+1, step, err)
		}
		fmt.Fprintf(&out, "== %d. %s\n", number+1, step)
		for _, unit := range sortedKeys(recordings) {
			if names[unit] == nil {
				names[unit] = &normaliser{}
			}
			fresh := names[unit].normalise(recordings[unit][seen[unit]:])
			seen[unit] = len(recordings[unit])
			writeHooks(&out, unit, fresh, step.Unordered)
		}
		if result != "" {
			fmt.Fprintf(&out, "-- result\n%s\n", (&normaliser{}).normalise(result))
		}
		for _, unit := range sortedKeys(states) {
			fmt.Fprintf(&out, "-- %s is %s\n", unit, states[unit])
		}
	}
	return out.String(), nil
}

// take makes the change of one step; the result is that of an action.
func take(ctx context.Context, b Backend, number int, step Step) (result string, err error) {
	w, lines := step.Words, strings.Join(step.Lines, "\n")
	switch step.Verb {
	case "deploy":
		err = b.Deploy(ctx, w[0])
	case "remove-application":
		err = b.RemoveApplication(ctx, w[0])
	case "add-unit":
		err = b.AddUnit(ctx, w[0])
	case "remove-unit":
		err = b.RemoveUnit(ctx, w[0])
	case "integrate":
		err = b.Integrate(ctx, w[0], w[1])
	case "remove-relation":
		err = b.RemoveRelation(ctx, w[0], w[1])
	case "config":
		err = b.SetConfig(ctx, w[0], w[1], lines)
	case "run":
		application, _, _ := strings.Cut(w[0], "/")
		err = b.SetConfig(ctx, application, "do", fmt.Sprintf("%d %s\n%s\n", number, w[0], lines))
	case "action":
		result, err = b.Action(ctx, w[0], map[string]any{"commands": lines + "\n", "text": "two words"})
	case "attach":
		err = b.Attach(ctx, w[0], w[1], w[2])
	case "refresh":
		err = b.Refresh(ctx, w[0])
	case "resolve":
		err = b.Resolve(ctx, w[0], true)
	case "resolve-without-retry":
		err = b.Resolve(ctx, w[0], false)
	}
	return result, err
}

// writeHooks writes what a unit recorded in a step.
func writeHooks(out *strings.Builder, unit, recording string, unordered bool) {
	if recording == "" {
		return
	}
	fmt.Fprintf(out, "-- %s\n", unit)
	hooks := dropRepeats(splitHooks(recording))
	if unordered {
		slices.Sort(hooks)
	}
	sortCreated(hooks)
	out.WriteString(strings.Join(hooks, ""))
}

// dropRepeats leaves out each config-changed that has nothing to do after an earlier one in the same step: Juju's agent learns
// of one change by two watchers, and runs one hook or two, as it happens.
func dropRepeats(hooks []string) []string {
	const configChanged = "hooks/config-changed\n"
	told := false
	return slices.DeleteFunc(hooks, func(hook string) bool {
		repeated := told && hook == configChanged
		told = told || strings.HasPrefix(hook, configChanged)
		return repeated
	})
}

// sortCreated sorts the relation-created hooks that follow one another: Juju takes a new unit's relations in no order.
func sortCreated(hooks []string) {
	isCreated := func(hook string) bool {
		name, _, _ := strings.Cut(hook, " ")
		return strings.HasSuffix(name, "-relation-created")
	}
	for from := 0; from < len(hooks); from++ {
		to := from
		for to < len(hooks) && isCreated(hooks[to]) {
			to++
		}
		slices.Sort(hooks[from:to])
		from = max(from, to)
	}
}

// splitHooks cuts a recording before each hook: the lines that are not indented.
func splitHooks(recording string) []string {
	var hooks []string
	for _, line := range strings.SplitAfter(recording, "\n") {
		if line != "" && (len(hooks) == 0 || !strings.HasPrefix(line, " ")) {
			hooks = append(hooks, "")
		}
		if len(hooks) > 0 {
			hooks[len(hooks)-1] += line
		}
	}
	return hooks
}

// WithoutKnownDifferences leaves out of a transcript what docs/conformance.md lists as faults of Juju that jujutest does not
// have: Juju 4.1-beta2 tells peers only of a peer that left when they leave themselves.
func WithoutKnownDifferences(transcript string) string {
	hooks := splitHooks(transcript)
	hooks = slices.DeleteFunc(hooks, func(hook string) bool { return strings.HasPrefix(hook, "hooks/ring-relation-departed ") })
	for i, line := range hooks {
		unitOnly := strings.HasPrefix(line, "-- ") && !strings.Contains(line, " is ") && !strings.HasPrefix(line, "-- result")
		if unitOnly && (i+1 == len(hooks) || !isHook(hooks[i+1])) {
			hooks[i] = ""
		}
	}
	return strings.Join(hooks, "")
}

func isHook(text string) bool {
	return strings.HasPrefix(text, "hooks/") || strings.HasPrefix(text, "actions/")
}

func sortedKeys(from map[string]string) []string {
	keys := make([]string, 0, len(from))
	for key := range from {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
