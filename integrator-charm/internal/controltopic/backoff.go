package controltopic

import (
	"context"
	"math/rand/v2"
	"time"
)

// backoff is how long to wait before something is tried again: twice as long each time, and each time a little different.
type backoff struct{ first, most time.Duration }

var usual = backoff{first: 500 * time.Millisecond, most: 30 * time.Second}

// wait waits after so many attempts, and says whether it is worth trying again.
func (b backoff) wait(ctx context.Context, attempts int) bool {
	pause := b.first << min(attempts-1, 20)
	if pause > b.most || pause <= 0 {
		pause = b.most
	}
	return sleep(ctx, pause-rand.N(pause/4+1))
}

func sleep(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
