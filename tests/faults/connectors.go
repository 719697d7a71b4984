package faults

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"connectcharms/requirer-lib/connect"
	"connectcharms/tests/pair"
)

const (
	group    = "faults"
	stranger = "stranger" // the connector of somebody else's
)

// Audit reads the topic in which Kafka Connect keeps configurations: each change of a connector is a record there, whoever made it.
type Audit struct {
	reader *kgo.Client

	mu      sync.Mutex
	changes map[string]int // records, by key; the end of a connector is one too
}

// enterStranger makes a connector past the gateways, as somebody may who has the machine, one of the keeper's, and begins the audit.
func (s *Stage) enterStranger(ctx context.Context) error {
	worker, err := s.worker(pair.Provider + "/0")
	if err != nil {
		return err
	}
	defer worker.Close()
	if _, err := worker.Create(ctx, stranger, pair.Heartbeats(s.Broker.Bootstrap()), connect.InitialRunning); err != nil {
		return err
	}
	if err := s.equip(ctx, s.Keeper); err != nil {
		return err
	}
	s.Audit = &Audit{changes: map[string]int{}}
	s.Audit.reader, err = kgo.NewClient(kgo.SeedBrokers(s.Broker.Bootstrap()), kgo.ConsumeTopics(group+"-configs"))
	return err
}

// equip has a client make its connector, where it has none.
func (s *Stage) equip(ctx context.Context, client *Client) error {
	now, is := s.published(client.App)
	if !is {
		return nil
	}
	rest, err := now.client()
	if err != nil {
		return err
	}
	defer rest.Close()
	name := s.connector(client.App, now.Relation)
	names, err := rest.Connectors(ctx)
	if err == nil && !slices.Contains(names, name) {
		_, err = rest.Create(ctx, name, pair.Heartbeats(s.Broker.Bootstrap()), connect.InitialRunning)
	}
	return err
}

func (a *Audit) read(ctx context.Context) {
	for ctx.Err() == nil {
		fetched := a.reader.PollFetches(ctx)
		a.mu.Lock()
		fetched.EachRecord(func(record *kgo.Record) { a.changes[string(record.Key)]++ })
		a.mu.Unlock()
	}
}

func (a *Audit) close() { a.reader.Close() }

// touched says which connectors were changed, restarted or given another state that nobody may touch: those that their
// owners have made once and for all.
func (s *Stage) touched() (problems []string) {
	names := []string{stranger, s.connector(s.Keeper.App, s.relation(s.Keeper.App))}
	if id := s.relation(s.Guest.App); id != 0 {
		names = append(names, s.connector(s.Guest.App, id))
	}
	s.Audit.mu.Lock()
	defer s.Audit.mu.Unlock()
	for _, name := range names {
		for _, kind := range []string{"connector-", "target-state-"} {
			if count := s.Audit.changes[kind+name]; count > 1 {
				problems = append(problems, fmt.Sprintf("connector %s was written %d times (%s)", name, count, kind))
			}
		}
	}
	return problems
}

// running says which connectors of a pair at rest are not there, are there too much, or do not run.
func (s *Stage) running(ctx context.Context) (problems []string) {
	if err := s.equip(ctx, s.Guest); err != nil {
		return []string{fmt.Sprintf("the guest cannot make its connector: %v", err)}
	}
	wanted := []string{stranger, s.connector(s.Keeper.App, s.relation(s.Keeper.App))}
	if id := s.relation(s.Guest.App); id != 0 {
		wanted = append(wanted, s.connector(s.Guest.App, id))
	}
	for _, name := range s.Lines.connectors() {
		wanted = append(wanted, s.connector(name, s.relation(linesApp)))
	}
	worker, err := s.worker(s.Units(pair.Provider)[0])
	if err != nil {
		return []string{err.Error()}
	}
	defer worker.Close()
	listed, err := worker.ListConnectors(ctx)
	if err != nil {
		return []string{fmt.Sprintf("list connectors: %v", err)}
	}
	for name := range listed {
		if !slices.Contains(wanted, name) {
			problems = append(problems, "connector "+name+" is nobody's any more")
		}
	}
	for _, name := range wanted {
		problems = append(problems, notRunning(name, listed)...)
	}
	if len(problems) == 0 {
		if problem := s.heeded(listed[s.connector("source", s.relation(linesApp))].Info.Config); problem != "" {
			problems = append(problems, problem)
		}
	}
	return problems
}

func notRunning(name string, listed map[string]connect.ListedConnector) (problems []string) {
	one, is := listed[name]
	if !is {
		return []string{"connector " + name + " is not there"}
	}
	if one.Status.Connector.State != connect.Running || len(one.Status.Tasks) == 0 {
		problems = append(problems, fmt.Sprintf("connector %s is %s with %d tasks", name, one.Status.Connector.State, len(one.Status.Tasks)))
	}
	for _, task := range one.Status.Tasks {
		if task.State != connect.Running {
			first, _, _ := strings.Cut(task.Trace, "\n")
			problems = append(problems, fmt.Sprintf("task %d of %s is %s: %s", task.ID, name, task.State, first))
		}
	}
	return problems
}
