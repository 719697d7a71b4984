package manager

import (
	"context"
	"errors"
	"fmt"

	"connectcharms/integrator-charm/internal/source"
	"connectcharms/requirer-lib/state"
)

// recall takes up what was known when the process last ended.
func (k *keeper) recall(ctx context.Context) {
	document, done, err := k.kept.read()
	if err != nil {
		k.log.Error("the state file is waited for", "error", err)
	}
	var file *state.File
	if len(document.Data) > 0 {
		if file, err = k.parse(document); err != nil {
			k.log.Warn("the last good state file is not one any more", "error", err)
		}
	}
	backoffs, err := k.recallBackoffs(ctx)
	if err != nil {
		k.log.Error("restarts begin anew", "error", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.inner.backoffs = backoffs
	if file != nil {
		k.inner.inForce, k.inner.file, k.inner.done, k.inner.seen = document, file, done, document.Revision
	}
}

func (k *keeper) parse(document source.Document) (*state.File, error) {
	return state.Parse(document.Data, state.Options{Name: document.Name, Environment: k.cluster.Environment})
}

// take puts the newest file in force, if it is a good one. Else the one from before stays.
func (k *keeper) take() {
	document, _, err := k.source.last()
	if err != nil {
		k.log.Warn("the state file cannot be read", "error", err)
	}
	k.mu.Lock()
	isKnown := document.Revision == "" || document.Revision == k.inner.seen
	k.mu.Unlock()
	if isKnown {
		return
	}
	file, err := k.parse(document)
	k.mu.Lock()
	k.inner.seen, k.inner.problems = document.Revision, nil
	if err == nil {
		k.inner.inForce, k.inner.file = document, file
	} else if problems, is := errors.AsType[state.Problems](err); is {
		k.inner.problems = problems
	}
	done := k.inner.done
	k.mu.Unlock()
	k.hub.Tell(k.cluster.Name, OnStatus)
	if err != nil {
		k.log.Error("the state file is wrong: the one from before stays in force", "revision", document.Revision, "problem", firstLine(err.Error()))
		return
	}
	k.log.Info("a state file is in force", "revision", document.Revision, "connectors", len(file.Connectors))
	if err := k.kept.write(document, done); err != nil {
		k.log.Error("the state file will not outlast this process", "error", err)
	}
}

// fetch has the newest file of the source, now.
func (k *keeper) fetch(ctx context.Context) error {
	if _, err := k.source.Fetch(ctx, ""); err != nil {
		return fmt.Errorf("%w: %w", ErrSource, err)
	}
	k.take()
	return nil
}

// problem is what is wrong with the newest file; nil where nothing is.
func (k *keeper) problem() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.inner.problems) > 0 {
		return k.inner.problems
	}
	return nil
}

// file is the one in force; nil: there was none yet.
func (k *keeper) file() *state.File {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.inner.file
}
