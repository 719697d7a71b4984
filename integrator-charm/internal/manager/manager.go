package manager

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"connectcharms/integrator-charm/internal/approval"
	"connectcharms/integrator-charm/internal/controltopic"
	"connectcharms/integrator-charm/internal/notify"
	"connectcharms/integrator-charm/internal/seal"
	"connectcharms/integrator-charm/internal/source"
	"connectcharms/integrator-charm/internal/store"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/state"
)

// Options of New.
type Options struct {
	Store    *store.Store
	Book     *approval.Book
	Notifier *notify.Notifier
	// Connections that connectors need; nil: none are known.
	Connections Connections
	Data        string   // a directory
	Seal        seal.Key // what connectors have changed is sealed with it
	// OnOverlays is told when what connectors of a cluster have changed has to be kept safe anew, and when the cluster begins to be
	// kept. It must not block. Nil: nobody is.
	OnOverlays func(cluster string)
	Metrics    prometheus.Registerer
	Now        func() time.Time
	Log        *slog.Logger
	// ControlTopic says how reading control messages from Kafka goes; false: none are read. Nil: none ever are.
	ControlTopic func() (controltopic.Health, bool)
}

// Manager keeps clusters. Which ones, Keep says, at the beginning and whenever the configuration changes.
type Manager struct {
	Hub
	store       *store.Store
	book        *approval.Book
	notifier    *notify.Notifier
	connections Connections
	data        string
	seal        seal.Key
	told        func(cluster string) // Options.OnOverlays
	backlog     backlog
	meters      *meters
	now         func() time.Time
	log         *slog.Logger
	topic       func() (controltopic.Health, bool)

	keeping sync.Mutex // one Keep at a time
	mu      sync.RWMutex
	running map[string]*running
	layers  map[string]*layers // by cluster
}

// running is a keeper at work.
type running struct {
	*keeper
	end context.CancelFunc
}

// New makes a manager that keeps nothing yet.
func New(options Options) *Manager {
	m := &Manager{
		store: options.Store, book: options.Book, notifier: options.Notifier, connections: options.Connections, data: options.Data, meters: newMeters(options.Metrics), now: options.Now, log: options.Log,
		topic: options.ControlTopic, running: map[string]*running{}, layers: map[string]*layers{}, seal: options.Seal, told: options.OnOverlays,
		backlog: backlog{now: options.Now},
	}
	if m.told == nil {
		m.told = func(string) {}
	}
	options.Metrics.MustRegister(m)
	return m
}

// Keep has these clusters be kept from now on, and no others. It returns when those that are not in force any more have
// ended, with what they had under way; those that are as they were go on undisturbed. Without clusters, it ends all.
func (m *Manager) Keep(clusters []Cluster) {
	m.keeping.Lock()
	defer m.keeping.Unlock()
	wanted := map[string]Cluster{}
	for _, cluster := range clusters {
		wanted[cluster.Name] = cluster
	}
	m.end(func(k *keeper) bool {
		return wanted[k.cluster.Name].Digest != k.cluster.Digest || wanted[k.cluster.Name].Name == ""
	})
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, cluster := range clusters {
		if m.running[cluster.Name] == nil {
			m.running[cluster.Name] = m.start(cluster)
		}
	}
}

// end ends keepers, all at the same time. They can be asked how things are until they have.
func (m *Manager) end(which func(*keeper) bool) {
	var ending []*running
	for _, one := range m.all() {
		if which(one.keeper) {
			one.end()
			ending = append(ending, one)
		}
	}
	for _, one := range ending {
		<-one.ended
		one.cluster.client().Close()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, one := range ending {
		delete(m.running, one.cluster.Name)
	}
}

func (m *Manager) start(cluster Cluster) *running {
	ctx, end := context.WithCancel(context.Background()) // until Keep ends it
	log, layers := m.log.With("cluster", cluster.Name), m.layersOf(ctx, cluster)
	k := &keeper{
		cluster: cluster, source: &newest{from: cluster.Source, now: m.now}, kept: newLastGood(m.data, cluster), store: m.store, book: m.book, notifier: m.notifier, connections: m.connections,
		hub: &m.Hub, meters: m.meters, now: m.now, log: log,
		layers: layers, backlog: &m.backlog,
		pushed: make(chan struct{}, 1), asked: make(chan struct{}, 1), failed: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	k.inner.beat = k.now()
	go k.run(ctx)
	if cluster.Rules.Active {
		m.told(cluster.Name)
	}
	return &running{k, end}
}

// layersOf are what connectors of a cluster have changed: read once.
func (m *Manager) layersOf(ctx context.Context, cluster Cluster) *layers {
	name := cluster.Name
	known := m.layers[name]
	if known == nil {
		known = newLayers(name, m.store, m.seal, m.now, m.log.With("cluster", name), func() { m.told(name) })
		known.load(ctx)
		m.layers[name] = known
	}
	if cluster.Vault != nil && cluster.Rules.Active {
		known.moveTo(ctx, cluster.Vault)
	}
	known.placeAgain()
	return known
}

// all are the keepers, ordered by cluster.
func (m *Manager) all() []*running {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return slices.SortedFunc(maps.Values(m.running), func(a, b *running) int {
		return strings.Compare(a.cluster.Name, b.cluster.Name)
	})
}

// of gives the keeper of a cluster. The empty name is the only one there is.
func (m *Manager) of(cluster string) (*keeper, error) {
	all := m.all()
	switch {
	case len(all) == 0:
		return nil, ErrEnding
	case cluster == "" && len(all) == 1:
		return all[0].keeper, nil
	case cluster == "":
		return nil, ErrWhichCluster
	}
	for _, one := range all {
		if one.cluster.Name == cluster {
			return one.keeper, nil
		}
	}
	return nil, fmt.Errorf("cluster %.100q: %w", cluster, ErrNotFound)
}

// Clusters are those that are kept, ordered by name.
func (m *Manager) Clusters() []ClusterInfo {
	infos := []ClusterInfo{}
	for _, one := range m.all() {
		status := one.status()
		infos = append(infos, ClusterInfo{
			Name: one.cluster.Name, Endpoints: one.cluster.Endpoints, Reachable: status.Reachable, Error: status.Error,
		})
	}
	return infos
}

// Status is how a cluster is kept.
func (m *Manager) Status(cluster string) (Status, error) {
	k, err := m.of(cluster)
	if err != nil {
		return Status{}, err
	}
	status := k.status()
	status.ControlTopic = m.controlTopic(k.cluster.Name)
	return status, nil
}

// controlTopic is nil where no control messages of the cluster's connectors are read from Kafka.
func (m *Manager) controlTopic(cluster string) *controltopic.Health {
	if m.topic == nil {
		return nil
	}
	health, reads := m.topic()
	if !reads || health.Context != "" && health.Context != cluster {
		return nil
	}
	return &health
}

// Connectors are those of a cluster, in the order of its state file; those that it does not name come after.
func (m *Manager) Connectors(ctx context.Context, cluster string) ([]Connector, error) {
	k, err := m.of(cluster)
	if err != nil {
		return nil, err
	}
	return k.connectors(ctx)
}

// Sync reads the state file and makes the connectors those that it has. It returns what a sync did that began after it was
// called; all who wait share that one. It goes on when the context ends.
func (m *Manager) Sync(ctx context.Context, cluster, by string) (connectors.Summary, error) {
	for {
		k, err := m.of(cluster)
		if err != nil {
			return connectors.Summary{}, err
		}
		summary, err := k.sync(ctx, by)
		if !errors.Is(err, ErrEnding) || m.isLast(k) {
			return summary, err
		}
	}
}

// isLast says whether no other keeper has taken the place of one that has ended.
func (m *Manager) isLast(k *keeper) bool {
	m.keeping.Lock() // a change of the configuration is waited for
	defer m.keeping.Unlock()
	now, err := m.of(k.cluster.Name)
	return err != nil || now == k
}

// Validate reads the newest state file. The error says what is wrong with it: state.Problems. Hints are likely slips that nothing
// refuses.
func (m *Manager) Validate(ctx context.Context, cluster string) (hints state.Problems, err error) {
	k, err := m.of(cluster)
	if err != nil {
		return nil, err
	}
	return k.validate(ctx)
}

// Do does what a person wants of one connector.
func (m *Manager) Do(ctx context.Context, cluster, connector string, verb Verb, by string) error {
	k, err := m.of(cluster)
	if err != nil {
		return err
	}
	return k.do(ctx, connector, verb, by)
}

// Pushed has the sources that a push concerns be asked for what is new, and says how many there are.
func (m *Manager) Pushed(push source.Push) (number int) {
	for _, one := range m.all() {
		if push.Concerns(one.cluster.Source) {
			number++
			poke(one.pushed)
		}
	}
	return number
}

// longestRound is how long a look at all connectors, and the restart of all that have failed, may take.
const longestRound = 15 * time.Minute

// Alive says which keeper does not turn any more.
func (m *Manager) Alive() error {
	for _, one := range m.all() {
		if since := m.now().Sub(one.beat()); since > longestRound {
			return fmt.Errorf("cluster %s: nothing was looked at for %s", one.cluster.Name, since.Round(time.Second))
		}
	}
	return nil
}

// Ready says which cluster has not had its first turn yet, and why what has to be remembered is not, such as for a full disk.
func (m *Manager) Ready() error {
	all := m.all()
	if len(all) == 0 {
		return ErrEnding
	}
	for _, one := range all {
		if one.status().NextSync == nil {
			return fmt.Errorf("cluster %s: the state file was not looked at yet", one.cluster.Name)
		}
	}
	return m.store.Check()
}
