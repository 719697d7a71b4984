package connections_test

import (
	"context"
	"log/slog"
	"maps"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/connections"
	"connectcharms/integrator-charm/internal/store"
	"connectcharms/requirer-lib/connection"
	"connectcharms/requirer-lib/state"
)

// systems are what a test has connections to, by the bootstrap servers that a spec names: how each answers.
type systems struct {
	mu      sync.Mutex
	answers map[string]func(ctx context.Context) connection.Result
	asked   map[string]int
	at      map[string][]time.Time // when each was asked
	under   int                    // at the same time
	most    int
}

func newSystems() *systems {
	return &systems{
		answers: map[string]func(context.Context) connection.Result{}, asked: map[string]int{}, at: map[string][]time.Time{},
	}
}

// answer is a connections.ProberFunc.
func (s *systems) answer(ctx context.Context, _ connection.Part, spec connection.Spec, _ state.Secrets) connection.Result {
	name := spec.KafkaCluster.BootstrapServers
	s.mu.Lock()
	answer := s.answers[name]
	s.asked[name]++
	s.at[name] = append(s.at[name], time.Now())
	s.under++
	s.most = max(s.most, s.under)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.under--
		s.mu.Unlock()
	}()
	if answer == nil {
		return gotIn(ctx)
	}
	return answer(ctx)
}

func (s *systems) set(name string, answer func(context.Context) connection.Result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[name] = answer
}

func (s *systems) times(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[name]
}

func (s *systems) moments(name string) []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at[name]
}

func gotIn(context.Context) connection.Result {
	time.Sleep(50 * time.Millisecond) // of the bubble's time
	return connection.Result{OK: true}
}

func refused(context.Context) connection.Result {
	return connection.Result{Refused: true, Errors: connection.Errors{connection.PhaseAuthenticate: {Message: "refused"}}}
}

func unreachable(context.Context) connection.Result {
	return connection.Result{Errors: connection.Errors{connection.PhaseConnect: {Message: "connection refused", IsTransient: true}}}
}

// silent accepts and never answers.
func silent(ctx context.Context) connection.Result {
	<-ctx.Done()
	return connection.Result{Errors: connection.Errors{connection.PhaseConnect: {Message: "no answer", IsTransient: true}}}
}

func kafka(id string) connection.Spec {
	return connection.Spec{
		ID: id, Type: connection.Direct, KafkaCluster: &connection.KafkaClusterConfig{BootstrapServers: id + ":9092"},
	}
}

// desk is a registry at work.
type desk struct {
	*connections.Registry
	*systems
	t       *testing.T
	metrics *prometheus.Registry
}

func open(t *testing.T, at string) *store.Store {
	t.Helper()
	kept, err := store.Open(t.Context(), filepath.Join(at, "store.db"), store.Options{})
	require.NoError(t, err)
	return kept
}

// begin makes a registry that asks nobody yet.
func begin(t *testing.T, kept connections.Keeper) *desk {
	t.Helper()
	d := &desk{systems: newSystems(), t: t, metrics: prometheus.NewRegistry()}
	var err error
	d.Registry, err = connections.New(t.Context(), connections.Options{
		Store: kept, Prober: connections.ProberFunc(d.systems.answer), Metrics: d.metrics, Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	return d
}

// inTime plays with a registry at work in a bubble of its own time.
func inTime(t *testing.T, play func(t *testing.T, d *desk)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { atWork(t, begin(t, newMemory()), play) })
}

// atWork plays with a registry that was begun, while it asks.
func atWork(t *testing.T, d *desk, play func(t *testing.T, d *desk)) {
	t.Helper()
	ctx, end := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() { d.Run(ctx) })
	play(t, d)
	end()
	group.Wait()
}

func (d *desk) create(id string) connection.Resource {
	d.t.Helper()
	resource, err := d.Create(context.Background(), kafka(id), "ada")
	require.NoError(d.t, err)
	return resource
}

// state waits until nothing moves any more but time, and gives the state of a Kafka cluster.
func (d *desk) state(id string) connection.State { return d.status(id).State }

func (d *desk) status(id string) connection.PartStatus {
	d.t.Helper()
	synctest.Wait()
	resource, err := d.Get(id)
	require.NoError(d.t, err)
	return *resource.Status.KafkaCluster
}

// memory keeps what a store keeps: a bubble of time has no files. TestMemoryIsAsTheStore holds it to it.
type memory struct {
	mu   sync.Mutex
	last int64
	all  map[string]store.Connection
	once map[string]store.Success
	// written counts successes.
	written int
}

func newMemory() *memory {
	return &memory{all: map[string]store.Connection{}, once: map[string]store.Success{}}
}

func (m *memory) Connections(context.Context) (all []store.Connection, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, each := range m.all {
		all = append(all, each)
	}
	return all, nil
}

func (m *memory) SaveConnection(_ context.Context, c store.Connection) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last++
	c.Generation = m.last
	m.all[c.ID] = c
	return m.last, nil
}

func (m *memory) DeleteConnection(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, is := m.all[id]; !is {
		return store.ErrNotFound
	}
	delete(m.all, id)
	maps.DeleteFunc(m.once, func(_ string, of store.Success) bool { return of.ID == id })
	return nil
}

func (m *memory) Successes(context.Context) (all []store.Success, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, each := range m.once {
		all = append(all, each)
	}
	return all, nil
}

func (m *memory) SaveSuccess(_ context.Context, of store.Success) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.once[of.ID+" "+of.Part] = of
	m.written++
	return nil
}
