// Package news tells subscribers what has changed since each last looked. It keeps no events: what a subscriber has not taken yet is
// put together with what comes, so a slow one costs no memory, misses nothing and holds up nobody.
package news

import "sync"

// Desk is where subscribers hear of things, which have keys. The zero value is ready.
type Desk[K comparable] struct {
	mu  sync.Mutex
	all map[*Subscription[K]]struct{}
}

// Subscription is what one subscriber has not taken yet.
type Subscription[K comparable] struct {
	desk *Desk[K]
	news chan struct{}
	due  map[K]struct{}
}

// Subscribe begins a subscription, which its owner closes.
func (d *Desk[K]) Subscribe() *Subscription[K] {
	s := &Subscription[K]{desk: d, news: make(chan struct{}, 1), due: map[K]struct{}{}}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.all == nil {
		d.all = map[*Subscription[K]]struct{}{}
	}
	d.all[s] = struct{}{}
	return s
}

// Tell is called with what has changed.
func (d *Desk[K]) Tell(keys ...K) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for s := range d.all {
		s.add(keys)
	}
}

// Tell is news for this subscriber alone; without keys, it only looks.
func (s *Subscription[K]) Tell(keys ...K) {
	s.desk.mu.Lock()
	defer s.desk.mu.Unlock()
	s.add(keys)
}

func (s *Subscription[K]) add(keys []K) {
	for _, key := range keys {
		s.due[key] = struct{}{}
	}
	select {
	case s.news <- struct{}{}:
	default: // it has not looked yet
	}
}

// News is readable when there is something to take.
func (s *Subscription[K]) News() <-chan struct{} { return s.news }

// Take gives what has changed since the last time.
func (s *Subscription[K]) Take() map[K]struct{} {
	s.desk.mu.Lock()
	defer s.desk.mu.Unlock()
	due := s.due
	s.due = map[K]struct{}{}
	return due
}

// Close ends the subscription.
func (s *Subscription[K]) Close() {
	s.desk.mu.Lock()
	defer s.desk.mu.Unlock()
	delete(s.desk.all, s)
}
