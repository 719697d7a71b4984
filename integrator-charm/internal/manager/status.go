package manager

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/state"
)

// freshFor is how old what is shown may be: many who look at the same time cost the cluster one request.
const freshFor = time.Second

// status is how the cluster is kept. It asks nobody.
func (k *keeper) status() Status {
	there, at, err := k.sight.last()
	_, read, sourceErr := k.source.last()
	k.mu.Lock()
	defer k.mu.Unlock()
	i := &k.inner
	s := Status{
		Cluster: k.cluster.Name, Active: k.cluster.Rules.Active, Source: k.cluster.Source.String(), Environment: k.cluster.Environment,
		Revision: string(i.inForce.Revision), Interval: k.cluster.Rules.Interval.String(), Drift: k.cluster.Rules.Drift,
		Reachable: err == nil && !at.IsZero(), Error: text(err), Syncing: i.syncing,
		Problems: append(append([]state.Problem{}, i.problems...), i.dangling...), SourceError: text(sourceErr), SourceRead: read,
		LastSync: i.lastSync, Connectors: map[string]int{}, Drifted: slices.Clone(i.drifted), GivenUp: []string{},
	}
	s.Halted = k.layers.halted()
	if s.Drifted == nil {
		s.Drifted = []string{}
	}
	if !i.turned.IsZero() {
		next := i.turned.Add(k.cluster.Rules.Interval)
		s.NextSync = &next
	}
	for name, found := range there {
		if as := document(name, found).ListedAs(); as != "" {
			s.Connectors[as]++
		}
	}
	for _, name := range slices.Sorted(maps.Keys(i.backoffs)) {
		if i.backoffs[name].givenUp {
			s.GivenUp = append(s.GivenUp, name)
		}
	}
	return s
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// connectors are all of the cluster: those of the file in its order, then what else there is.
func (k *keeper) connectors(ctx context.Context) ([]Connector, error) {
	there, err := k.look(ctx, freshFor)
	if err != nil {
		return nil, err
	}
	file := k.file()
	var all []Connector
	named := map[string]bool{}
	if file != nil {
		drift := k.drift(file, there)
		for _, wanted := range file.Connectors {
			found, exists := there[wanted.Name]
			all = append(all, k.whole(ctx, wanted, found, exists, drift[wanted.Name]))
			named[wanted.Name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(there)) {
		if !named[name] {
			all = append(all, document(name, there[name]))
		}
	}
	return all, nil
}

// drift is where configurations are not as the file has them. Without its secrets nobody can tell.
func (k *keeper) drift(file *state.File, there map[string]connectors.Found) map[string][]connectors.KeyChange {
	keys := map[string][]connectors.KeyChange{}
	desired, err := file.Desired(k.cluster.Secrets)
	if err != nil {
		return keys
	}
	for _, change := range k.cluster.owned(file).Decide(k.lay(desired, there), there, connectors.Options{}).Changes {
		if _, exists := there[change.Name]; exists {
			keys[change.Name] = change.Keys
		}
	}
	return keys
}

// whole is a connector of the file.
func (k *keeper) whole(ctx context.Context, wanted state.Connector, found connectors.Found, exists bool, drift []connectors.KeyChange) Connector {
	c := document(wanted.Name, found)
	if !exists {
		c.Connector, c.Owned, c.State = k.name(wanted.Name), true, Missing
	}
	c.Owner = Owner{Team: wanted.Owner.Team, Email: wanted.Owner.Email, OnCall: wanted.Owner.OnCall}
	c.Protected, c.Wanted = wanted.Protected, strings.ToLower(string(wanted.State))
	maps.Copy(c.Labels, wanted.Labels)
	if drift != nil {
		c.Drift = drift
	}
	if o := k.layers.of(wanted.Name); o.Version > 0 || o.Halted != nil {
		shown := k.show(ctx, o)
		c.Overlay = &shown
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if known := k.inner.backoffs[wanted.Name]; known != nil {
		c.Restarts = Restarts{Attempts: known.attempts, GivenUp: known.givenUp}
		if !known.next.IsZero() {
			c.Restarts.Next = &known.next
		}
	}
	return c
}

// name is a connector's name in Kafka Connect.
func (k *keeper) name(short string) string {
	if names := k.cluster.owned(nil).Names; names != nil {
		return names.ConnectorName(short)
	}
	return short
}

// document is what a cluster shows of a connector, without what is secret.
func document(name string, found connectors.Found) Connector {
	status := found.Status
	c := Connector{
		Name: name, Connector: found.Connector, Owned: found.Owned, Labels: map[string]string{}, Protected: found.Protected,
		State: status.Connector.State, Type: status.Type, Class: found.Config["connector.class"], Worker: status.Connector.WorkerID,
		Trace: redacted(found, status.Connector.Trace), Tasks: []Task{}, Drift: []connectors.KeyChange{},
	}
	if c.State == "" {
		c.State = connect.Unassigned
	}
	for _, task := range status.Tasks {
		c.Tasks = append(c.Tasks, Task{ID: task.ID, State: task.State, Worker: task.WorkerID, Trace: redacted(found, task.Trace)})
	}
	slices.SortFunc(c.Tasks, func(a, b Task) int { return a.ID - b.ID })
	return c
}
