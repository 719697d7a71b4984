package gateway

import (
	"net/netip"
	"sync"
	"time"
)

// Failed attempts that one remote address may make: this many at once, and this many per second in the long run.
const (
	failureBurst = 20
	failureRate  = 5.0
	// maxAddresses bounds the memory of the limiter. Addresses beyond it share one allowance.
	maxAddresses = 4096
)

// failureLimiter counts failed attempts per remote address in token buckets. It is asked only after a failure: right
// credentials always pass, so nobody is shut out by a neighbour behind the same address, or by another worker, whose
// forwarded requests all come from one. Against guessing the size of the passwords is enough; this keeps the log and
// the worker quiet and tells a client with an old password to slow down.
type failureLimiter struct {
	mutex   sync.Mutex
	buckets map[netip.Addr]bucket
	swept   time.Time
}

func newFailureLimiter() *failureLimiter {
	return &failureLimiter{buckets: map[netip.Addr]bucket{}}
}

// allow takes one failure into account and says whether the address was still within its allowance.
func (l *failureLimiter) allow(address netip.Addr) bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	now := time.Now()
	key := l.key(network(address), now)
	state, known := l.buckets[key]
	if !known {
		state = bucket{tokens: failureBurst, at: now}
	}
	state = state.refill(now, failureRate, failureBurst)
	allowed := state.tokens >= 1
	if allowed {
		state.tokens--
	}
	l.buckets[key] = state
	return allowed
}

// exhausted says, without counting anything, whether the next failure would be over the allowance.
func (l *failureLimiter) exhausted(address netip.Addr) bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	state, known := l.buckets[network(address)]
	return known && state.refill(time.Now(), failureRate, failureBurst).tokens < 1
}

// key gives the bucket to use: the address's own, or the shared one (the zero address) when the table is full.
func (l *failureLimiter) key(address netip.Addr, now time.Time) netip.Addr {
	if _, known := l.buckets[address]; known || len(l.buckets) < maxAddresses {
		return address
	}
	if now.Sub(l.swept) >= time.Second {
		l.swept = now
		for other, state := range l.buckets {
			if state.refill(now, failureRate, failureBurst).tokens >= failureBurst {
				delete(l.buckets, other)
			}
		}
	}
	if len(l.buckets) < maxAddresses {
		return address
	}
	return netip.Addr{}
}

// network is what one sender can be taken to have: an IPv4 address or the /64 of an IPv6 address.
func network(address netip.Addr) netip.Addr {
	address = address.Unmap().WithZone("")
	if address.Is6() {
		prefix, err := address.Prefix(64)
		if err == nil {
			return prefix.Addr()
		}
	}
	return address
}
