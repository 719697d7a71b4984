package manager

import (
	"maps"
	"slices"

	"connectcharms/integrator-charm/internal/news"
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

// Hub tells subscribers what has changed.
type Hub struct{ desk news.Desk[topic] }

// topic is one thing of one cluster.
type topic struct{ cluster, what string }

// Subscription is what one subscriber has not taken yet.
type Subscription struct{ *news.Subscription[topic] }

// Subscribe begins a subscription, which its owner closes.
func (h *Hub) Subscribe() *Subscription { return &Subscription{h.desk.Subscribe()} }

// Tell is called with what has changed of a cluster.
func (h *Hub) Tell(cluster string, what ...string) {
	topics := make([]topic, len(what))
	for i, one := range what {
		topics[i] = topic{cluster, one}
	}
	h.desk.Tell(topics...)
}

// Take gives what has changed since the last time, one event for each cluster.
func (s *Subscription) Take() (events []Event) {
	due := map[string][]string{}
	for one := range s.Subscription.Take() {
		due[one.cluster] = append(due[one.cluster], one.what)
	}
	for _, cluster := range slices.Sorted(maps.Keys(due)) {
		events = append(events, Event{Cluster: cluster, What: slices.Sorted(slices.Values(due[cluster]))})
	}
	return events
}
