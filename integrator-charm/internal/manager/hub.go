package manager

import (
	"maps"
	"slices"
	"sync"
)

// What changes, as subscribers are told.
const (
	OnStatus     = "status"
	OnConnectors = "connectors"
	OnPlan       = "plan"
	OnHistory    = "history"
	OnSilences   = "silences"
	OnOverlays   = "overlays"
	// OnConnections is of no cluster.
	OnConnections = "connections"
)

// Event says what of a cluster is no longer as it was.
type Event struct {
	Cluster string   `json:"cluster"`
	What    []string `json:"what"` // in order
}

// Hub tells subscribers what has changed. It keeps no events: what a subscriber has not taken yet is put together with
// what comes, so a slow one costs no memory and misses nothing.
type Hub struct {
	mu  sync.Mutex
	all map[*Subscription]struct{}
}

// Subscription is what one subscriber has not taken yet.
type Subscription struct {
	hub  *Hub
	news chan struct{}
	due  map[string]map[string]struct{} // by cluster
}

// Subscribe begins a subscription, which its owner closes.
func (h *Hub) Subscribe() *Subscription {
	s := &Subscription{hub: h, news: make(chan struct{}, 1), due: map[string]map[string]struct{}{}}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.all == nil {
		h.all = map[*Subscription]struct{}{}
	}
	h.all[s] = struct{}{}
	return s
}

// Tell is called with what has changed of a cluster.
func (h *Hub) Tell(cluster string, what ...string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.all {
		if s.due[cluster] == nil {
			s.due[cluster] = map[string]struct{}{}
		}
		for _, one := range what {
			s.due[cluster][one] = struct{}{}
		}
		select {
		case s.news <- struct{}{}:
		default: // it has not looked yet
		}
	}
}

// News is readable when there is something to take.
func (s *Subscription) News() <-chan struct{} { return s.news }

// Take gives what has changed since the last time, one event for each cluster.
func (s *Subscription) Take() (events []Event) {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	for _, cluster := range slices.Sorted(maps.Keys(s.due)) {
		events = append(events, Event{Cluster: cluster, What: slices.Sorted(maps.Keys(s.due[cluster]))})
	}
	clear(s.due)
	return events
}

// Close ends the subscription.
func (s *Subscription) Close() {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	delete(s.hub.all, s)
}
