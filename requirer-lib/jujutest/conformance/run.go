package conformance

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strings"
	"time"
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

// Pods is what a [Backend] of Kubernetes can do besides.
type Pods interface {
	Backend

	// Scale gives an application so many units.
	Scale(ctx context.Context, application string, units int) error

	// KillContainer kills all that runs in a container, which Kubernetes then starts anew. "charm" is the charm's own.
	KillContainer(ctx context.Context, unit, container string) error

	// DeletePod deletes a unit's pod, which Kubernetes then replaces.
	DeletePod(ctx context.Context, unit string) error
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
		err = runCommands(ctx, b, number, w[0], lines)
	case "run-until":
		err = runUntil(ctx, b, number, w[0], w[1], lines)
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
	default:
		pods, ok := b.(Pods)
		if !ok {
			return "", errors.New("only Kubernetes has this")
		}
		err = takeOfPods(ctx, pods, number, step)
	}
	return result, err
}

// runCommands has a unit run commands in a config-changed.
func runCommands(ctx context.Context, b Backend, number int, unit, lines string) error {
	application, _, _ := strings.Cut(unit, "/")
	return b.SetConfig(ctx, application, "do", fmt.Sprintf("%d %s\n%s\n", number, unit, lines))
}

// runUntil has a unit run commands, and waits for a hook that comes of it.
func runUntil(ctx context.Context, b Backend, number int, unit, hook, lines string) error {
	before, err := b.Recordings(ctx)
	if err == nil {
		err = runCommands(ctx, b, number, unit, lines)
	}
	if err != nil {
		return err
	}
	return awaitRecording(ctx, b, unit, func(recording string) bool {
		return recorded(recording[len(before[unit]):], hook)
	}, b.Settle)
}

// recorded says whether a hook is in a recording. It stands at the beginning of a line.
func recorded(recording, hook string) bool {
	return regexp.MustCompile(`(?m)^hooks/` + regexp.QuoteMeta(hook) + `( |$)`).MatchString(recording)
}

// awaitRecording waits until what a unit has recorded is as wanted; what is to be done meanwhile is done again and again.
func awaitRecording(ctx context.Context, b Backend, unit string, wanted func(string) bool, meanwhile func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for {
		recordings, err := b.Recordings(ctx)
		if err != nil || wanted(recordings[unit]) {
			return err
		}
		if err := meanwhile(ctx); err != nil {
			return err
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return fmt.Errorf("%s does not record what it should: %w", unit, ctx.Err())
		}
	}
}

func sortedKeys(from map[string]string) []string {
	keys := make([]string, 0, len(from))
	for key := range from {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
