package faults

import (
	"context"
	"math/rand/v2"
)

// Fault does its harm, and undoes it or leaves it to be recovered from by the pair itself. All that it draws, it draws from
// random. An error says that it could not be done, which is a fault of the campaign and not of the pair.
type Fault interface {
	Name() string
	Strike(ctx context.Context, s *Stage, random *rand.Rand) error
}

// fault is one that is a function.
type fault struct {
	name   string
	strike func(ctx context.Context, s *Stage, random *rand.Rand) error
}

func (f fault) Name() string { return f.name }

func (f fault) Strike(ctx context.Context, s *Stage, random *rand.Rand) error {
	return f.strike(ctx, s, random)
}

// pick is one of several; none of none.
func pick[T any](random *rand.Rand, from []T) (one T, is bool) {
	if len(from) == 0 {
		return one, false
	}
	return from[random.IntN(len(from))], true
}
