// Package connectors_test holds package connectors of the library to real Kafka Connect.
package connectors_test

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/tests/kafka"
)

const (
	uuid = "0123456789abcdef0123456789abcdef"
	// patience is what a call gets here. It ends when nothing more is to be expected: that may be late on a busy machine.
	patience = 2 * time.Minute
)

// marked names connectors as a connection of a relation does.
type marked struct{ relation int }

func (m marked) mark() string { return fmt.Sprintf("_r%d_%s", m.relation, uuid) }

func (m marked) ConnectorName(name string) string { return name + m.mark() }

func (m marked) ShortName(connector string) (string, bool) {
	return strings.CutSuffix(connector, m.mark())
}

// stage is a worker, what went to it, and the connectors there of one relation.
type stage struct {
	connectors.Owned
	t      *testing.T
	dir    string // for files of connectors
	client *connect.Client

	mu      sync.Mutex
	writes  []string
	onWrite func(number int)
}

// group is workers that share a broker.
type group struct {
	broker  *kafka.Broker
	workers []*kafka.Worker
}

func startGroup(t *testing.T, version string, workers int) *group {
	t.Helper()
	runtime, err := kafka.Fetch(t.Context(), version, os.Stderr)
	require.NoError(t, err)
	newest, err := kafka.Fetch(t.Context(), "", os.Stderr)
	require.NoError(t, err)
	broker, err := kafka.StartBroker(t.Context(), newest, kafka.BrokerOptions{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, broker.Stop()) })
	g := &group{broker: broker}
	for range workers {
		worker, err := kafka.StartWorker(t.Context(), runtime, broker, kafka.WorkerOptions{
			Dir: t.TempDir(), PluginPath: runtime.PluginPath,
			// As the charm has it.
			Extra: map[string]string{"heartbeat.interval.ms": "500", "scheduled.rebalance.max.delay.ms": "0"},
		})
		require.NoError(t, err)
		t.Cleanup(func() {
			if err := worker.Stop(); !errors.Is(err, os.ErrProcessDone) {
				assert.NoError(t, err)
			}
		})
		g.workers = append(g.workers, worker)
	}
	return g
}

// stageOf counts what goes through to a group, for relation 1.
func stageOf(t *testing.T, g *group) *stage {
	t.Helper()
	s := &stage{t: t, dir: t.TempDir()}
	var endpoints []string
	for _, worker := range g.workers {
		target, err := url.Parse(worker.URL())
		require.NoError(t, err)
		through := httputil.NewSingleHostReverseProxy(target)
		through.ErrorLog = log.New(io.Discard, "", 0)
		through.ModifyResponse = s.forgetConflict
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet {
				s.note(r.Method + " " + r.URL.Path)
			}
			through.ServeHTTP(w, r)
		}))
		t.Cleanup(proxy.Close)
		endpoints = append(endpoints, proxy.URL)
	}
	var err error
	s.client, err = connect.New(connect.Config{Endpoints: endpoints})
	require.NoError(t, err)
	t.Cleanup(s.client.Close)
	s.Owned = connectors.Owned{Client: s.client, Names: marked{1}}
	return s
}

func (s *stage) note(write string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes = append(s.writes, write)
	if s.onWrite != nil {
		s.onWrite(len(s.writes))
	}
}

// forgetConflict forgets a write that the worker refuses while its group rebalances: the client sends it again.
func (s *stage) forgetConflict(answer *http.Response) error {
	if answer.StatusCode != http.StatusConflict {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := slices.Index(s.writes, answer.Request.Method+" "+answer.Request.URL.Path); at >= 0 {
		s.writes = slices.Delete(s.writes, at, at+1)
	}
	return nil
}

func (s *stage) takeWrites() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	writes := s.writes
	s.writes = nil
	return writes
}

// source reads a file that is there.
func (s *stage) source(file string) connectors.Connector {
	s.t.Helper()
	path := filepath.Join(s.dir, file)
	require.NoError(s.t, os.WriteFile(path, nil, 0o600))
	return connectors.Connector{Config: connect.Settings{
		"connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector", "tasks.max": "1", "topic": "lines", "file": path,
	}}
}

// sink fails where the directory is not there.
func (s *stage) sink(file string) connectors.Connector {
	return connectors.Connector{Config: connect.Settings{
		"connector.class": "org.apache.kafka.connect.file.FileStreamSinkConnector", "tasks.max": "1", "topics": "lines",
		"file": filepath.Join(s.dir, file), "my.password": "hunter2",
		"value.converter": "org.apache.kafka.connect.storage.StringConverter",
	}}
}

// unresolvable is a connector that fails itself: the host of its source cluster has no address.
func unresolvable() connectors.Connector {
	return connectors.Connector{Config: connect.Settings{
		"connector.class":      "org.apache.kafka.connect.mirror.MirrorSourceConnector",
		"source.cluster.alias": "a", "target.cluster.alias": "b", "topics": "none",
		"source.cluster.bootstrap.servers": "no-host.invalid:9092", "target.cluster.bootstrap.servers": "no-host.invalid:9092",
	}}
}

func in(state connect.State, connector connectors.Connector) connectors.Connector {
	connector.State = state
	return connector
}

func (s *stage) reconcile(desired connectors.Desired, options connectors.Options) connectors.Report {
	s.t.Helper()
	options.Patience, options.Wait = cmp.Or(options.Patience, patience), cmp.Or(options.Wait, patience)
	report, err := s.Reconcile(s.t.Context(), desired, options)
	require.NoError(s.t, err)
	return report
}

// becomes reconciles, and requires the status, and what was sent for it. A worker that is late may show a failure of before for longer than
// a call looks: the next call shows what came of it, and sends nothing.
func (s *stage) becomes(desired connectors.Desired, status string, writes ...string) connectors.Report {
	s.t.Helper()
	s.takeWrites()
	began := time.Now()
	report := s.reconcile(desired, connectors.Options{})
	s.t.Logf("%s in %s", report.Status().Message, time.Since(began).Round(time.Millisecond))
	require.NoError(s.t, report.Err())
	require.Eventually(s.t, func() bool {
		if report.Status().Message != status {
			report = s.reconcile(desired, connectors.Options{})
		}
		return report.Status().Message == status
	}, patience, 100*time.Millisecond, "%s is not: %s", report.Status().Message, status)
	for i := range writes {
		writes[i] = strings.ReplaceAll(writes[i], "*", marked{1}.mark())
	}
	require.ElementsMatch(s.t, writes, s.takeWrites())
	return report
}

func (s *stage) has(name string, action ...connectors.Action) func(connectors.Report) {
	return func(report connectors.Report) {
		s.t.Helper()
		for _, result := range report.Connectors {
			if result.Name == name {
				require.Equal(s.t, action, result.Done)
				return
			}
		}
		s.t.Fatalf("no %s in %v", name, report.Connectors)
	}
}
