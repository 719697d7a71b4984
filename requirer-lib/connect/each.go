package connect

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// AtOnce is how many connectors Each works on at a time where its caller does not say. More gains nothing on a worker,
// which makes its changes one after the other, and a gateway may take no more from one account.
const AtOnce = 8

// Failures are errors by connector; empty when all went well.
type Failures map[string]error

// Err is all of them as one, in the order of the names; nil where there is none.
func (f Failures) Err() error {
	var all []error
	for _, name := range slices.Sorted(maps.Keys(f)) {
		all = append(all, fmt.Errorf("connector %s: %w", name, f[name]))
	}
	return errors.Join(all...)
}

// Each does something for each connector, atOnce at a time (0: AtOnce), begun in the order of the names given, and returns
// when it is done with all of them. One that fails holds up no other. A name that is there twice is done once.
//
// When the context ends, those not begun fail with its error; what is under way is waited for, so do should honour the
// context, as all methods of Client do.
func Each(ctx context.Context, atOnce int, names []string, do func(ctx context.Context, name string) error) Failures {
	if atOnce <= 0 {
		atOnce = AtOnce
	}
	names = onlyFirst(names)
	work := make(chan string)
	failures := Failures{}
	var mu sync.Mutex
	var group sync.WaitGroup
	for range min(atOnce, len(names)) {
		group.Go(func() {
			for name := range work {
				if err := doUnlessEnded(ctx, name, do); err != nil {
					mu.Lock()
					failures[name] = err
					mu.Unlock()
				}
			}
		})
	}
	for _, name := range names {
		work <- name
	}
	close(work)
	group.Wait()
	return failures
}

// onlyFirst leaves out names that were there before.
func onlyFirst(names []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		before := seen[name]
		seen[name] = true
		return before
	})
}

func doUnlessEnded(ctx context.Context, name string, do func(context.Context, string) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("not begun: %w", err)
	}
	return do(ctx, name)
}
