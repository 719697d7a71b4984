package manager_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"connectcharms/integrator-charm/internal/approval"
	"connectcharms/integrator-charm/internal/manager"
	"connectcharms/integrator-charm/internal/notify"
	"connectcharms/integrator-charm/internal/overlay"
	"connectcharms/integrator-charm/internal/seal"
	"connectcharms/integrator-charm/internal/settings"
	"connectcharms/integrator-charm/internal/source"
	"connectcharms/integrator-charm/internal/store"
	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/connecttest"
	"connectcharms/requirer-lib/state"
)

// stage is a manager with a Kafka Connect in memory and a state file on disk.
type stage struct {
	*manager.Manager
	t         *testing.T
	dir       string
	server    *connecttest.Server
	store     *store.Store
	metrics   *prometheus.Registry
	rules     manager.Rules
	notifier  *notify.Notifier
	clock     *clock
	patience  time.Duration // of calls to a cluster
	watched   bool          // the state file, from the next cluster on; else it is looked at in intervals and for syncs only
	approvals approval.Config
	needed    manager.Connections // nil: none are known
	vault     overlay.Vault
}

// clock is moved by a test, where it is not the real one.
type clock struct {
	mu    sync.Mutex
	moved time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.moved)
}

func (c *clock) passes(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.moved += by
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{
		t: t, dir: t.TempDir(), server: connecttest.NewServer(), clock: &clock{}, patience: time.Minute,
		rules: manager.Rules{Active: true, Interval: time.Hour, Drift: settings.Repair},
	}
	t.Cleanup(s.server.Close)
	var err error
	s.store, err = store.Open(t.Context(), filepath.Join(s.dir, "store.db"), store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.store.Close()) })
	s.begin()
	return s
}

// begin makes a manager that keeps nothing, as a process that starts.
func (s *stage) begin() {
	s.t.Helper()
	s.metrics = prometheus.NewRegistry()
	config, err := notify.Decode(yaml.Node{}, s.dir)
	require.NoError(s.t, err)
	s.notifier, err = notify.New(s.store, notify.Options{
		Config: config, KeyFile: filepath.Join(s.dir, "key"), Log: slog.New(slog.DiscardHandler), Now: s.clock.now,
	})
	require.NoError(s.t, err)
	key, err := seal.Open(filepath.Join(s.dir, "overlay.key"), "")
	require.NoError(s.t, err)
	one := manager.New(manager.Options{
		Seal:     key,
		Notifier: s.notifier, Connections: s.needed,
		Store: s.store, Book: approval.New(s.store, s.approvals, s.clock.now), Data: s.dir, Metrics: s.metrics, Now: s.clock.now, Log: slog.New(slog.DiscardHandler),
	})
	s.Manager = one
	s.t.Cleanup(func() { one.Keep(nil) })
}

// unwatched is a source that tells of no change: so a sync that a test asks for has what it wrote, and nobody else was sooner.
type unwatched struct{ source.Source }

// cluster is the one in memory, with the state file of the stage.
func (s *stage) cluster(name string) manager.Cluster { return s.clusterAt(name, s.server.URL()) }

func (s *stage) clusterAt(name, endpoint string) manager.Cluster {
	s.t.Helper()
	client, err := connect.New(connect.Config{Endpoints: []string{endpoint}, Patience: s.patience})
	require.NoError(s.t, err)
	from, err := source.Parse(s.path(), source.Options{Limits: source.Limits{Settle: time.Millisecond}})
	require.NoError(s.t, err)
	if !s.watched {
		from = unwatched{from}
	}
	return manager.Cluster{
		Name: name, Endpoints: []string{endpoint}, Source: from,
		Owned: func(manager string) connectors.Owned {
			return connectors.Owned{Client: client, Mark: connectors.Mark(manager)}
		},
		Secrets: state.Local{Dir: s.dir}, Vault: s.vault,
		Rules: s.rules, Digest: name,
	}
}

func (s *stage) path() string { return filepath.Join(s.dir, "state.yaml") }

func (s *stage) write(file string) {
	s.t.Helper()
	coming := s.path() + ".new"
	require.NoError(s.t, os.WriteFile(coming, []byte(file), 0o600))
	require.NoError(s.t, os.Rename(coming, s.path()), "nobody reads a half")
}

// keep begins with a state file, and waits until it was carried out.
func (s *stage) keep(file string) {
	s.t.Helper()
	s.write(file)
	s.Keep([]manager.Cluster{s.cluster("main")})
	s.until(func() bool { return s.Ready() == nil })
}

func (s *stage) status() manager.Status {
	s.t.Helper()
	status, err := s.Status("")
	require.NoError(s.t, err)
	return status
}

func (s *stage) sync() map[string][]string {
	s.t.Helper()
	summary, err := s.Sync(s.t.Context(), "", "ada")
	require.NoError(s.t, err)
	lists := map[string][]string{}
	for list, names := range map[string][]string{
		"added": summary.Added, "removed": summary.Removed, "updated": summary.Updated, "paused": summary.Paused, "resumed": summary.Resumed,
		"stopped": summary.Stopped, "failed": summary.Failed, "unchanged": summary.Unchanged, "held": summary.Held,
	} {
		if len(names) > 0 {
			lists[list] = names
		}
	}
	return lists
}

func (s *stage) until(is func() bool) {
	s.t.Helper()
	require.Eventually(s.t, is, time.Minute, 5*time.Millisecond)
}

func (s *stage) client() *connect.Client {
	s.t.Helper()
	client, err := connect.New(connect.Config{Endpoints: []string{s.server.URL()}})
	require.NoError(s.t, err)
	s.t.Cleanup(client.Close)
	return client
}

const class = "org.apache.kafka.connect.file.FileStreamSourceConnector"

const lines = `
connectors:
  - name: lines
    config: {connector.class: org.apache.kafka.connect.file.FileStreamSourceConnector, file: /tmp/lines, topic: lines}
`

// route is a default one, at a file with an address.
func (s *stage) route() notify.Config {
	s.t.Helper()
	path := filepath.Join(s.dir, "webhook")
	require.NoError(s.t, os.WriteFile(path, []byte("https://example.org/ops"), 0o600))
	var node yaml.Node
	require.NoError(s.t, yaml.Load([]byte("default: {webhook-file: "+path+"}"), &node))
	config, err := notify.Decode(*node.Content[0], s.dir)
	require.NoError(s.t, err)
	return config
}
