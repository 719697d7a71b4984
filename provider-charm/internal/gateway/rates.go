package gateway

import (
	"sync"
	"time"

	"connectcharms/provider-charm/internal/accounts"
)

// bucket is a token bucket: full at first, filled again at a rate, never above its burst.
type bucket struct {
	tokens float64
	at     time.Time
}

func (b bucket) refill(now time.Time, rate, burst float64) bucket {
	return bucket{min(burst, b.tokens+rate*now.Sub(b.at).Seconds()), now}
}

// rates holds each account to its requests per second. Only accounts that were let in come here, so there are no more
// buckets than accounts.
type rates struct {
	mutex   sync.Mutex
	buckets map[string]bucket
}

func newRates() *rates { return &rates{buckets: map[string]bucket{}} }

// take counts a request: 0 when it is within the rate, else how long until one would be.
func (r *rates) take(account string, rate, burst float64) (wait time.Duration) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	now := time.Now()
	state, known := r.buckets[account]
	if !known {
		state = bucket{tokens: burst, at: now}
	}
	state = state.refill(now, rate, burst)
	if state.tokens >= 1 {
		state.tokens--
	} else {
		wait = time.Duration((1 - state.tokens) / rate * float64(time.Second))
	}
	r.buckets[account] = state
	return wait
}

// keep forgets accounts that are gone.
func (r *rates) keep(known map[string]accounts.Account) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for account := range r.buckets {
		if _, still := known[account]; !still {
			delete(r.buckets, account)
		}
	}
}

// inFlight bounds how many requests are at work at one time, in all and per key.
type inFlight struct {
	mutex         sync.Mutex
	total, perKey int
	count         int
	counts        map[string]int
}

func newInFlight(total, perKey int) *inFlight {
	return &inFlight{total: total, perKey: perKey, counts: map[string]int{}}
}

// resize changes the bounds. Who is in stays in.
func (f *inFlight) resize(total, perKey int) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.total, f.perKey = total, perKey
}

// enter says whether there is room. If so, the caller leaves with leave(key).
func (f *inFlight) enter(key string) bool {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.count >= f.total || f.counts[key] >= f.perKey {
		return false
	}
	f.count++
	f.counts[key]++
	return true
}

func (f *inFlight) leave(key string) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.count--
	if f.counts[key]--; f.counts[key] == 0 {
		delete(f.counts, key)
	}
}
