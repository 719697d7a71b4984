package source

import (
	"cmp"
	"context"
	"errors"
	"os"
	"time"
)

// Options is what sources take from around them. The zero value is the real thing.
type Options struct {
	// Env gives the variables (SOURCE_…) with credentials. Nil: os.LookupEnv.
	Env func(name string) (string, bool)
	// Limits that are zero are the usual ones.
	Limits Limits
}

// Limits bound what a source may cost. Each is enforced where its name is used.
type Limits struct {
	Size      int64         // of a document
	Total     time.Duration // one Fetch, with all that it repeats
	Connect   time.Duration // one connection, and TLS on it
	Attempts  int           // of one Fetch, where a server cannot be reached or answers that it has a fault
	Pause     time.Duration // before the second attempt; twice as much before each further one
	Redirects int
	Pack      int64         // of what a git remote sends for one commit
	Settle    time.Duration // how long a file must have been left alone
}

// usualLimits are what a state file of thousands of connectors stays far below.
var usualLimits = Limits{
	Size:      8 << 20,
	Total:     time.Minute,
	Connect:   10 * time.Second,
	Attempts:  3,
	Pause:     time.Second,
	Redirects: 5,
	Pack:      128 << 20,
	Settle:    250 * time.Millisecond,
}

// errOvertime is the cause of a context that Limits.Total ended.
var errOvertime = errors.New("the limit for one fetch is over")

func (o Options) withDefaults() Options {
	if o.Env == nil {
		o.Env = os.LookupEnv
	}
	given := o.Limits
	o.Limits = Limits{
		Size:      cmp.Or(given.Size, usualLimits.Size),
		Total:     cmp.Or(given.Total, usualLimits.Total),
		Connect:   cmp.Or(given.Connect, usualLimits.Connect),
		Attempts:  cmp.Or(given.Attempts, usualLimits.Attempts),
		Pause:     cmp.Or(given.Pause, usualLimits.Pause),
		Redirects: cmp.Or(given.Redirects, usualLimits.Redirects),
		Pack:      cmp.Or(given.Pack, usualLimits.Pack),
		Settle:    cmp.Or(given.Settle, usualLimits.Settle),
	}
	return o
}

// wait lets d pass, unless the context ends first.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
