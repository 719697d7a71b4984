// Package e2e runs the charms end to end, as the binaries that Juju runs, on a real broker, real Connect workers and a
// real Pebble.
package e2e

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
	"connectcharms/schemas"
	"connectcharms/tests/faults/disk"
	"connectcharms/tests/kafka"
	"connectcharms/tests/pair"
)

const (
	provider = pair.Provider
	// patience is how long something may take that is to come: a machine may be busy, or stand still for a while.
	patience = 5 * time.Minute
	// moment is what passes at the least between two rounds of update-status.
	moment = 200 * time.Millisecond
)

// parts are what all tests of this package share: the charms, built once, Kafka, and one broker. Each model has a
// Connect group of its own on it.
var parts struct {
	pair.Parts
	broker *kafka.Broker
}

func TestMain(m *testing.M) { os.Exit(disk.Within(func() int { return runAll(m) })) }

func runAll(m *testing.M) int {
	dir, err := os.MkdirTemp("", "e2e")
	if err != nil {
		return failed(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	if parts.Parts, err = pair.Prepare(ctx); err != nil {
		return failed(err)
	}
	parts.broker, err = kafka.StartBroker(ctx, parts.Kafka, kafka.BrokerOptions{Dir: filepath.Join(dir, "broker")})
	if err != nil {
		return failed(err)
	}
	defer func() { _ = parts.broker.Stop() }()
	return m.Run()
}

func failed(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// stage is one model with kafka-connect in it.
type stage struct {
	*jujutest.Model
	t  *testing.T
	on pair.Substrate
}

// newStage is a stage on machines.
func newStage(t *testing.T) *stage { return newStageOn(t, pair.Machines) }

func newStageOn(t *testing.T, on pair.Substrate) *stage { return newStageOf(t, on, jujutest.Options{}) }

// newStageOf is a stage in a model with these options.
func newStageOf(t *testing.T, on pair.Substrate, options jujutest.Options) *stage {
	t.Helper()
	options.Log, options.HookTimeout = testLog(t), patience
	model, err := parts.NewModel(options)
	require.NoError(t, err)
	s := &stage{Model: model, t: t, on: on}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(model.Status())
		}
		require.NoError(t, model.Close())
	})
	return s
}

// deploy deploys kafka-connect on the broker that all tests share.
func (s *stage) deploy(units int, config map[string]any) {
	s.t.Helper()
	require.NoError(s.t, parts.Deploy(s.Model, s.on, parts.broker.Bootstrap(), units, config))
}

// runHooks runs all hooks that are due.
func (s *stage) runHooks() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 2*patience)
	defer cancel()
	require.NoError(s.t, s.Settle(ctx))
}

// settle runs all hooks that are due. On a busy machine a service may take longer than a hook waits for it: then update-status looks
// again.
func (s *stage) settle() {
	s.t.Helper()
	s.runHooks()
	s.eventually("no service is late", func() bool {
		return !slices.ContainsFunc(s.Units(provider), func(unit string) bool {
			status, _ := s.StatusOf(unit)
			return slices.Contains([]string{"waiting for the worker: it is starting", "waiting for the gateway: it does not answer"}, status.Message)
		})
	})
}

// updateStatus is what Juju does every five minutes.
func (s *stage) updateStatus() {
	s.t.Helper()
	require.NoError(s.t, s.UpdateStatus())
	s.settle()
}

// eventually runs update-status until done: again when the hooks of the last have run, and a moment has passed.
func (s *stage) eventually(what string, done func() bool) {
	s.t.Helper()
	tick := time.NewTicker(moment)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !done(); <-tick.C {
		if time.Now().After(deadline) {
			require.Fail(s.t, "never: "+what, s.Status())
		}
		require.NoError(s.t, s.UpdateStatus())
		s.runHooks()
	}
}

// requireStatus requires a unit's status. One that waits for something else may do so because something did not answer in time, as on a
// busy machine: update-status looks again. What is blocked stays so.
func (s *stage) requireStatus(unit, status, message string) {
	s.t.Helper()
	s.eventually(fmt.Sprintf("%s is %s: %s", unit, status, message), func() bool {
		got, _ := s.StatusOf(unit)
		return got.Current != "waiting" || status == "waiting" && strings.Contains(got.Message, message)
	})
	got, _ := s.StatusOf(unit)
	require.Equal(s.t, status, got.Current, got.Message)
	require.Contains(s.t, got.Message, message)
}

func (s *stage) integrate(requirer string) (relation int) {
	s.t.Helper()
	relation, err := s.Integrate(provider, requirer)
	require.NoError(s.t, err)
	return relation
}

// published is what the provider has written for a relation.
func (s *stage) published(relation int) schemas.Answer {
	s.t.Helper()
	bag, err := s.RelationData(relation, provider)
	require.NoError(s.t, err)
	if bag["secret-user"] == "" {
		return schemas.Answer{}
	}
	published, err := schemas.DecodeProvider(bag)
	require.NoError(s.t, err)
	return published.Answers[0]
}

// ask asks an endpoint for its connectors, with the password of a secret.
func (s *stage) ask(endpoint string, content map[string]string) (code int) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, endpoint+"/connectors", nil)
	require.NoError(s.t, err)
	request.SetBasicAuth(content["username"], content["password"])
	answer, err := http.DefaultClient.Do(request)
	require.NoError(s.t, err)
	require.NoError(s.t, answer.Body.Close())
	return answer.StatusCode
}

// data is where a unit of the provider has its files.
func (s *stage) data(unit string) string {
	s.t.Helper()
	info, err := s.Unit(unit)
	require.NoError(s.t, err)
	return s.on.Data(info)
}

// seen is where the services of a unit see its files.
func (s *stage) seen(unit string) string {
	s.t.Helper()
	info, err := s.Unit(unit)
	require.NoError(s.t, err)
	return s.on.Seen(info)
}

func (s *stage) plugins(unit string) []string {
	s.t.Helper()
	entries, err := os.ReadDir(filepath.Join(s.data(unit), "plugins/installed"))
	require.NoError(s.t, err)
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// client deploys a charm that asks for a plugin and nothing else.
func (s *stage) client(app, pluginURL string) {
	s.t.Helper()
	require.NoError(s.t, s.Deploy(app, pair.Requirer(app, func() hook.Databag {
		return hook.Databag{"plugin-url": pluginURL, "requested-secrets": pair.BothSecrets}
	}), jujutest.DeployOptions{}))
}

// testLog shows what the model logs when the test is run with -v.
func testLog(t *testing.T) *slog.Logger {
	if !testing.Verbose() {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(t.Output(), nil))
}
