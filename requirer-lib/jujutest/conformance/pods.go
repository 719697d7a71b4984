package conformance

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// takeOfPods makes the change of a step that only Kubernetes has.
func takeOfPods(ctx context.Context, b Pods, number int, step Step) error {
	w := step.Words
	switch step.Verb {
	case "scale":
		units, err := strconv.Atoi(w[1])
		if err != nil {
			return fmt.Errorf("how many units: %w", err)
		}
		return b.Scale(ctx, w[0], units)
	case "kill-container":
		return b.KillContainer(ctx, w[0], w[1])
	case "delete-pod":
		return b.DeletePod(ctx, w[0])
	case "kill-in-hook":
		return killInHook(ctx, b, number, w[0], step.Lines)
	}
	return fmt.Errorf("%q is no step of a backend", step.Verb)
}

// killInHook has a unit run commands, and kills the charm's container when they are through, in that hook.
func killInHook(ctx context.Context, b Pods, number int, unit string, lines []string) error {
	hang := fmt.Sprintf("hang_once %d", number)
	if err := runCommands(ctx, b, number, unit, strings.Join(append(lines, hang), "\n")); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	settled := make(chan error, 1)
	go func() { settled <- b.Settle(ctx) }() // hooks may run only meanwhile
	err := awaitRecording(ctx, b, unit, func(recording string) bool {
		return strings.HasSuffix(recording, "$ "+hang+"\n")
	}, func(context.Context) error { return nil })
	if err == nil {
		err = b.KillContainer(ctx, unit, "charm")
	}
	if err != nil {
		cancel()
	}
	return errors.Join(err, <-settled)
}
