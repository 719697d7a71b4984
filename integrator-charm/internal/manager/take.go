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
	found, err := k.kept.read()
	if err != nil {
		k.log.Error("the state file is waited for", "error", err)
	}
	var file *state.File
	if len(found.Data) > 0 {
		if file, err = k.parse(found.document()); err != nil {
			k.log.Warn("the last good state file is not one any more", "error", firstLine(err.Error()))
		}
	}
	backoffs, err := k.recallBackoffs(ctx)
	if err != nil {
		k.log.Error("restarts begin anew", "error", err)
	}
	k.note(func(i *inner) {
		i.backoffs = backoffs
		if file != nil {
			i.inForce, i.file, i.done, i.seen = found.document(), file, found.Done, found.Revision
		}
	})
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
	problems, _ := errors.AsType[state.Problems](err)
	k.note(func(i *inner) {
		i.seen, i.problems = document.Revision, problems
		if err == nil {
			i.inForce, i.file = document, file
		}
	})
	k.hub.Tell(k.cluster.Name, OnStatus)
	if err != nil {
		k.log.Error("the state file is wrong: the one from before stays in force", "revision", document.Revision, "problem", firstLine(err.Error()))
		return
	}
	k.log.Info("a state file is in force", "revision", document.Revision, "connectors", len(file.Connectors))
	k.keep()
}

// keep has what is in force outlast the process.
func (k *keeper) keep() {
	k.mu.Lock()
	i := &k.inner
	what := kept{Name: i.inForce.Name, Revision: i.inForce.Revision, Data: i.inForce.Data, Done: i.done}
	k.mu.Unlock()
	err := k.kept.write(what)
	if err != nil {
		k.log.Error("the state file will not outlast this process", "error", err)
	}
	k.note(func(i *inner) { i.unkept = err != nil })
}

// keepAgain keeps what could not be kept before, as on a disk that was full.
func (k *keeper) keepAgain() {
	k.mu.Lock()
	due := k.inner.unkept
	k.mu.Unlock()
	if due {
		k.keep()
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
