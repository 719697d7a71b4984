package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"time"

	"connectcharms/integrator-charm/internal/store"
	"connectcharms/requirer-lib/secret"
)

// kept is what the store has of a subject in clear; addresses are what it has sealed.
type kept struct {
	Team   string            `json:"team,omitempty"`
	Email  string            `json:"email,omitempty"`
	OnCall string            `json:"onCall,omitempty"`
	Labels map[string]string `json:"labels,omitempty"`
}

type addresses struct{ Webhook, Chat string }

// Know is called with each new state file of a cluster: all its connectors, and whose they are. Those that are not in it any more are
// known for a week longer, so that also a removal has somebody to be told, over a restart of the manager.
func (n *Notifier) Know(ctx context.Context, cluster string, subjects []Subject) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.load(ctx, cluster); err != nil {
		return err
	}
	now, known, gone := n.now(), maps.Clone(n.subjects[cluster]), maps.Clone(n.gone[cluster])
	left := maps.Clone(known)
	var changed []string
	for _, subject := range subjects {
		name := subject.Connector
		if len(subject.Labels) == 0 {
			subject.Labels = nil // as they are read
		}
		was, is := left[name]
		delete(left, name)
		if _, wasGone := gone[name]; is && !wasGone && reflect.DeepEqual(was, subject) {
			continue
		}
		if err := n.routes.Load().problems(subject); err != nil {
			n.log.Warn("an owner's address cannot be used", "cluster", cluster, "connector", name, "team", subject.Team, "error", err)
		}
		known[name] = subject
		delete(gone, name)
		changed = append(changed, name)
	}
	for name := range left {
		if _, already := gone[name]; !already {
			gone[name] = now
			changed = append(changed, name)
		}
	}
	if err := n.saveSubjects(ctx, cluster, changed, known, gone); err != nil {
		return err
	}
	n.subjects[cluster], n.gone[cluster] = known, gone
	return nil
}

func (n *Notifier) saveSubjects(
	ctx context.Context, cluster string, changed []string, known map[string]Subject, gone map[string]time.Time,
) error {
	if len(changed) == 0 {
		return nil
	}
	records := make([]store.Subject, len(changed))
	for i, name := range changed {
		var err error
		if records[i], err = n.record(cluster, known[name], gone[name]); err != nil {
			return err
		}
	}
	return n.store.SaveSubjects(ctx, cluster, records, n.now())
}

// LastKnown gives whose the connectors of a cluster are, by name, also of those that have gone lately.
func (n *Notifier) LastKnown(ctx context.Context, cluster string) (map[string]Subject, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.load(ctx, cluster); err != nil {
		return nil, err
	}
	return n.subjects[cluster], nil // never changed, only replaced
}

// subject is whose a connector is; nobody's, where it was never said.
func (n *Notifier) subject(cluster, connector string) Subject {
	if subject, is := n.subjects[cluster][connector]; is {
		return subject
	}
	return Subject{Connector: connector}
}

// load reads a cluster's subjects, once.
func (n *Notifier) load(ctx context.Context, cluster string) error {
	if n.subjects[cluster] != nil {
		return nil
	}
	records, err := n.store.Subjects(ctx, cluster)
	if err != nil {
		return err
	}
	subjects, gone := map[string]Subject{}, map[string]time.Time{}
	for _, record := range records {
		subject, err := n.read(record)
		if err != nil {
			return fmt.Errorf("whose connector %q is: %w", record.Connector, err)
		}
		subjects[record.Connector] = subject
		if !record.Gone.IsZero() {
			gone[record.Connector] = record.Gone
		}
	}
	n.subjects[cluster], n.gone[cluster] = subjects, gone
	return nil
}

func (n *Notifier) record(cluster string, subject Subject, gone time.Time) (store.Subject, error) {
	document, err := json.Marshal(kept{Team: subject.Team, Email: subject.Email, OnCall: subject.OnCall, Labels: subject.Labels})
	if err != nil {
		return store.Subject{}, err
	}
	secrets, err := json.Marshal(addresses{Webhook: subject.Webhook.Reveal(), Chat: subject.Chat.Reveal()})
	if err != nil {
		return store.Subject{}, err
	}
	return store.Subject{
		Cluster: cluster, Connector: subject.Connector, Document: document, Sealed: n.key.Seal(string(secrets), subject.Connector), Gone: gone,
	}, nil
}

// read undoes record. Addresses that another key has sealed are as if nobody had named them: the state file names them again.
func (n *Notifier) read(record store.Subject) (Subject, error) {
	var shown kept
	if err := json.Unmarshal(record.Document, &shown); err != nil {
		return Subject{}, err
	}
	subject := Subject{Connector: record.Connector, Team: shown.Team, Email: shown.Email, OnCall: shown.OnCall, Labels: shown.Labels}
	text, err := n.key.Unseal(record.Sealed, record.Connector)
	if err != nil {
		return subject, nil
	}
	var hidden addresses
	err = json.Unmarshal([]byte(text), &hidden)
	subject.Webhook, subject.Chat = secret.New(hidden.Webhook), secret.New(hidden.Chat)
	return subject, err
}
