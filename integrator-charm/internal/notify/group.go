package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"connectcharms/integrator-charm/internal/store"
)

// group is what is told together: one cluster's events for one receiver.
type group struct{ cluster, receiver string }

// waiting is an event of the store, read.
type waiting struct {
	kept  store.Event
	event Event
}

// flush puts together what has waited for long enough, into the outbox. It gives the time at which the next group is due; none: no
// event waits.
func (n *Notifier) flush(ctx context.Context) (next time.Time, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	groups, err := n.groups(ctx)
	if err != nil {
		return time.Time{}, err
	}
	routes, now := n.routes.Load(), n.now()
	for key, events := range groups {
		due := dueAt(events[0].kept.At, n.flushed[key], routes.config)
		if waits(due, now, routes.config.GroupWait+routes.config.GroupInterval) {
			next = earlier(next, due)
			continue
		}
		if err := n.enqueue(ctx, routes, key, events, now); err != nil {
			return time.Time{}, err
		}
	}
	return next, nil
}

// dueAt: the first event waits for others; and messages keep their distance.
func dueAt(first, flushed time.Time, config Config) time.Time {
	due := first.Add(config.GroupWait)
	if distant := flushed.Add(config.GroupInterval); !flushed.IsZero() && distant.After(due) {
		return distant
	}
	return due
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func (n *Notifier) groups(ctx context.Context) (map[group][]waiting, error) {
	kept, err := n.store.Events(ctx)
	if err != nil {
		return nil, err
	}
	groups := map[group][]waiting{}
	for _, one := range kept {
		read := waiting{kept: one}
		if err := json.Unmarshal(one.Document, &read.event); err != nil {
			return nil, fmt.Errorf("event %d: %w", one.Number, err)
		}
		key := group{read.event.Cluster, one.Receiver}
		groups[key] = append(groups[key], read)
	}
	return groups, nil
}

func (n *Notifier) enqueue(ctx context.Context, routes *routes, key group, events []waiting, now time.Time) error {
	told := make([]store.Event, len(events))
	all := make([]Event, len(events))
	for i, one := range events {
		told[i], all[i] = one.kept, one.event
	}
	left := collapse(all)
	if passed := len(all) - len(left); passed > 0 {
		n.dropped[Passed] += passed
	}
	var delivery store.Delivery
	if len(left) > 0 {
		message := routes.message(n.log, key.cluster, left)
		document, err := json.Marshal(message)
		if err != nil {
			return err
		}
		delivery = store.Delivery{Receiver: key.receiver, Created: now, Document: document, Sealed: told[len(told)-1].Sealed}
		n.flushed[key] = now
	}
	return n.store.Enqueue(ctx, delivery, told)
}

// collapse leaves of what happened to a connector's health, or the manager's, while it waited to be told only how it ended, and nothing where it ended as
// it was told before.
//
//	first        | told before | last      | told now
//	failed       | well        | failed    | failed
//	failed       | well        | recovered |
//	failed again | failed      | recovered | recovered
//	recovered    | failed      | failed    |
//	recovered    | failed      | recovered | recovered
//	any          | any         | given up  | given up
func collapse(events []Event) (left []Event) {
	first, last := map[string]Event{}, map[string]int{}
	for i, event := range events {
		if !event.Kind.isHealth() {
			continue
		}
		if _, is := first[event.about()]; !is {
			first[event.about()] = event
		}
		last[event.about()] = i
	}
	for i, event := range events {
		if !event.Kind.isHealth() {
			left = append(left, event)
		} else if last[event.about()] == i && isNews(first[event.about()], event) {
			left = append(left, event)
		}
	}
	return left
}

func (k Kind) isHealth() bool { return !slices.Contains([]Kind{Halted, Unhalted, Changed, Removed}, k) }

func isNews(first, last Event) bool {
	wasWell := first.Kind != Recovered && first.Kind != Over && !first.Again
	switch last.Kind {
	case Recovered, Over:
		return !wasWell
	case Failed, Trouble:
		return wasWell || last.Again
	}
	return true
}
