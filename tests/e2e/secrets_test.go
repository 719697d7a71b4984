package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/connectorsecrets"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
	"connectcharms/requirer-lib/secret"
	"connectcharms/schemas"
	"connectcharms/tests/pair"
)

// bringer is a requirer whose connectors have secret values.
type bringer struct {
	s *stage

	mu      sync.Mutex
	content connectorsecrets.Content
	revoked bool // the provider cannot read them
	place   schemas.SecretsPlace
	held    connectclient.Held
}

func (b *bringer) run(ctx context.Context, h *hook.Hook) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	client := connectclient.New(h, connectclient.Options{})
	if h.Kind == hook.RelationBroken {
		return client.RemoveSecrets(ctx)
	}
	if err := client.Request(ctx, connectclient.NotRequired()); err != nil {
		return err
	}
	connections, err := client.Connections(ctx)
	if err != nil || len(connections) == 0 {
		return err
	}
	place, brings := connections[0].SecretsPlace()
	if b.place = place; !brings {
		return nil
	}
	if err := b.bring(ctx, h, client, connections[0].RelationID()); err != nil {
		return err
	}
	b.held, err = connections[0].SecretsHeld(ctx)
	return errors.Join(err, b.checkHeld())
}

func (b *bringer) bring(ctx context.Context, h *hook.Hook, client *connectclient.Client, id hook.RelationID) error {
	if !b.revoked {
		return client.BringSecrets(ctx, id, b.content)
	}
	info, err := h.SecretInfoByLabel(ctx, fmt.Sprintf("connect-client.%d.connector-secrets", id))
	if err != nil || len(info.Access) == 0 {
		return err
	}
	return h.SecretRevoke(ctx, "secret:"+info.ID, id)
}

// checkHeld holds every unit to its word at the moment at which it is read: what it has acknowledged is on its disk.
func (b *bringer) checkHeld() error {
	for unit, version := range b.held {
		if version != b.content.Version {
			continue
		}
		for name, value := range b.content.Files {
			text, err := os.ReadFile(b.s.secretFile(unit, b.place, name))
			if err != nil || string(text) != value.Reveal() {
				return fmt.Errorf("%s has acknowledged version %d, and its file %s is not there: %w", unit, version, name, err)
			}
		}
	}
	return nil
}

// has has the requirer bring these values, and waits until every unit has them.
func (b *bringer) has(version int64, files map[string]string) {
	b.s.t.Helper()
	content := connectorsecrets.Content{Version: version, Files: map[string]secret.Value{}}
	for name, value := range files {
		content.Files[name] = secret.New(value)
	}
	b.mu.Lock()
	b.content = content
	b.mu.Unlock()
	b.s.eventually(fmt.Sprintf("version %d is everywhere", version), func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.held.Everywhere() == version && len(b.held) == len(b.s.Units(provider))
	})
}

// bringer deploys such a requirer, and integrates it.
func (s *stage) bringer(app string) (b *bringer, relation int) {
	s.t.Helper()
	b = &bringer{s: s}
	metadata := fmt.Sprintf("name: %s\nrequires: {connect-client: {interface: connect_client}}\n", app)
	require.NoError(s.t, s.Deploy(app, jujutest.FromFunc([]byte(metadata), b.run), jujutest.DeployOptions{}))
	s.settle()
	relation = s.integrate(app)
	s.settle()
	s.eventually("the place is published", func() bool { return !b.place.IsZero() })
	return b, relation
}

// secretFile is where a unit has a value: below the directory that its worker runs in.
func (s *stage) secretFile(unit string, place schemas.SecretsPlace, name string) string {
	return filepath.Join(s.data(unit), "worker", strings.TrimPrefix(place.Path, "/proc/self/cwd/"), name)
}

// resolved is what a unit's own worker makes of a value.
func (s *stage) resolved(unit, value string) string {
	s.t.Helper()
	config := pair.Heartbeats(parts.broker.Bootstrap())
	config["emit.heartbeats.interval.seconds"] = "60"
	config["heartbeats.topic.suffix"] = value
	config["source.cluster.alias"] = value
	body, err := json.Marshal(config)
	require.NoError(s.t, err)
	info, err := s.Unit(unit)
	require.NoError(s.t, err)
	url := "http://" + info.Address + ":8084/connector-plugins/MirrorHeartbeatConnector/config/validate"
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodPut, url, bytes.NewReader(body))
	require.NoError(s.t, err)
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	require.NoError(s.t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(s.t, err)
	var validated struct {
		Configs []struct {
			Value struct{ Name, Value string }
		}
	}
	require.NoError(s.t, json.Unmarshal(text, &validated), "%s", text)
	for _, one := range validated.Configs {
		if one.Value.Name == "source.cluster.alias" {
			return one.Value.Value
		}
	}
	require.Fail(s.t, "the worker says nothing of the value", "%s", text)
	return ""
}

// TestSecretsOfConnectorsAreOnEveryWorker is the life of secret values: they come, change, outlive a worker's end, go.
func TestSecretsOfConnectorsAreOnEveryWorker(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.deploy(3, map[string]any{"worker-heap": 256})
	s.settle()
	s.allActive(provider)
	b, relation := s.bringer("one")
	begin := time.Now()
	b.has(1, map[string]string{"alias.v1": "hunter2"})
	t.Logf("secrets are on 3 workers after %v", time.Since(begin).Round(time.Millisecond))
	for _, unit := range s.Units(provider) {
		assert.Equal(t, "hunter2", s.resolved(unit, b.place.Reference("alias.v1")), unit)
		assert.Equal(t, b.place.Reference("none"), s.resolved(unit, b.place.Reference("none")), "what is not there stays as it is written")
		info, err := os.Stat(s.secretFile(unit, b.place, "alias.v1"))
		require.NoError(t, err)
		assert.Zero(t, info.Mode().Perm()&0o007, "nobody else reads it")
		assert.Zero(t, s.steps(unit, "RestartWorker"), "no worker restarts for it")
	}

	// A connector runs with it, wherever its task is, and the REST API goes on showing the reference.
	client := s.rest(relation)
	name := fmt.Sprintf("beats_r%d_%s", relation, strings.ReplaceAll(s.UUID(), "-", ""))
	config := pair.Heartbeats(parts.broker.Bootstrap())
	config["source.cluster.alias"] = b.place.Reference("alias.v1")
	_, err := client.Create(t.Context(), name, config, connect.InitialRunning)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		status, err := client.Status(t.Context(), name)
		return err == nil && len(status.Tasks) == 1 && status.Tasks[0].State == "RUNNING"
	}, patience, 50*time.Millisecond)
	shown, err := client.Config(t.Context(), name)
	require.NoError(t, err)
	assert.Equal(t, b.place.Reference("alias.v1"), shown["source.cluster.alias"])

	// A new value is another file; the old one is there until it is left out.
	b.has(2, map[string]string{"alias.v1": "hunter2", "alias.v2": "hunter3"})
	b.has(3, map[string]string{"alias.v2": "hunter3"})
	for _, unit := range s.Units(provider) {
		assert.Equal(t, "hunter3", s.resolved(unit, b.place.Reference("alias.v2")), unit)
		assert.NoFileExists(t, s.secretFile(unit, b.place, "alias.v1"))
	}

	// A worker that ends, and is started again by Pebble, finds what was there.
	before := workerPID(t, s, provider+"/1")
	require.NoError(t, syscall.Kill(before, syscall.SIGKILL))
	s.eventually("another worker runs", func() bool { return s.workerRuns(provider+"/1", before) })
	s.allActive(provider)
	assert.Equal(t, "hunter3", s.resolved(provider+"/1", b.place.Reference("alias.v2")))

	// Another client may not refer to them.
	_, other := s.bringer("two")
	_, err = s.rest(other).Create(t.Context(), "thief", config, connect.InitialStopped)
	require.ErrorContains(t, err, "refers to secrets that are not this relation's")

	// Nor does it get at what the worker can read by bringing a provider in its configuration: the worker's login at Kafka, say.
	stealing := pair.Heartbeats(parts.broker.Bootstrap())
	stealing["config.providers"], stealing["config.providers.own.class"] = "own", "org.apache.kafka.common.config.provider.FileConfigProvider"
	stealing["source.cluster.client.id"] = "${own:" + filepath.Join(s.data(provider+"/0"), "worker", "worker.properties") + ":group.id}"
	_, err = s.rest(other).Create(t.Context(), "thief", stealing, connect.InitialRunning)
	require.ErrorContains(t, err, "FileConfigProvider is not allowed")

	require.NoError(t, s.RemoveRelation(provider, "one"))
	s.settle()
	for _, unit := range s.Units(provider) {
		assert.NoDirExists(t, filepath.Dir(s.secretFile(unit, b.place, "alias.v2")))
	}
	assert.Empty(t, s.labelled(`connect-client.`+fmt.Sprint(relation)+`.connector-secrets`), "the requirer's secret is gone too")
}

func (s *stage) labelled(label string) (found []jujutest.SecretInfo) {
	for _, info := range s.Secrets() {
		if info.Label == label {
			found = append(found, info)
		}
	}
	return found
}

// workerRuns says whether a unit's worker is another process than before, and up.
func (s *stage) workerRuns(unit string, before int) bool {
	status, _ := s.StatusOf(unit)
	info, err := os.Stat(fmt.Sprintf("/proc/%d", before))
	return status.Current == "active" && (err != nil || info == nil) && s.healthyWorker(unit)
}

func (s *stage) healthyWorker(unit string) bool {
	info, err := s.Unit(unit)
	require.NoError(s.t, err)
	answer, err := http.Get("http://" + info.Address + ":8084/health")
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// TestANewUnitDoesNotBeginWithoutTheSecrets has a unit join while they cannot be read.
func TestANewUnitDoesNotBeginWithoutTheSecrets(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.deploy(1, map[string]any{"worker-heap": 256})
	s.settle()
	b, relation := s.bringer("one")
	b.has(1, map[string]string{"alias.v1": "hunter2"})

	b.mu.Lock()
	b.revoked = true
	b.mu.Unlock()
	s.updateStatus()
	s.requireStatus(provider+"/0", "waiting", "waiting for one to mend its secrets: connector-secrets: ")
	assert.Equal(t, "hunter2", s.resolved(provider+"/0", b.place.Reference("alias.v1")), "what was there is there")
	bag, err := s.RelationData(relation, provider)
	require.NoError(t, err)
	assert.Contains(t, bag["status"], "connector-secrets: ")

	unit, err := s.AddUnit(provider)
	require.NoError(t, err)
	s.settle()
	s.requireStatus(unit, "waiting", "waiting for the connector secrets of one, without which its tasks would fail")
	s.updateStatus()
	assert.False(t, s.healthyWorker(unit), "its worker would take up tasks")
	assert.Len(t, s.published(relation).Endpoints, 1)

	b.mu.Lock()
	b.revoked = false
	b.mu.Unlock()
	b.has(2, map[string]string{"alias.v1": "hunter2"})
	s.allActive(provider)
	assert.Equal(t, "hunter2", s.resolved(unit, b.place.Reference("alias.v1")))
	s.eventually("it is an endpoint", func() bool { return len(s.published(relation).Endpoints) == 2 })
}

// TestAPodThatIsReplacedFindsTheSecrets has them change while it is away.
func TestAPodThatIsReplacedFindsTheSecrets(t *testing.T) {
	t.Parallel()
	s := newStageOn(t, pair.Kubernetes)
	s.deploy(1, map[string]any{"worker-heap": 256})
	s.settle()
	b, _ := s.bringer("one")
	b.has(1, map[string]string{"alias.v1": "hunter2"})
	require.NoError(t, s.ReplacePod(provider+"/0"))
	b.has(2, map[string]string{"alias.v2": "hunter3"})
	s.allActive(provider)
	assert.Equal(t, "hunter3", s.resolved(provider+"/0", b.place.Reference("alias.v2")))
}

// TestTheStateOfKafkaIsTold has a broker go and come back.
func TestTheStateOfKafkaIsTold(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.deploy(1, map[string]any{"worker-heap": 256})
	s.settle()
	_, relation := s.bringer("one")
	kafkaIs := func(state string) map[string]string {
		var bag map[string]string
		s.eventually("Kafka is "+state, func() bool {
			var err error
			bag, err = s.RelationData(relation, provider)
			require.NoError(t, err)
			return strings.Contains(bag["connections"], `"state":"`+state+`"`)
		})
		return bag
	}
	s.eventually("where nothing changes nothing is written", func() bool { // on a busy machine a broker may be late once
		fine := kafkaIs("SUCCESS")
		s.updateStatus()
		return fine["connections"] == kafkaIs("SUCCESS")["connections"]
	})

	require.NoError(t, s.SetConfig(provider, map[string]any{"bootstrap-servers": "127.0.0.1:1"}))
	s.settle()
	assert.Contains(t, kafkaIs("FAILED")["connections"], `"connect":{"message":"no Kafka broker answers at 127.0.0.1:1`)
	shown, err := s.RunAction(t.Context(), provider+"/0", "show-connections", nil)
	require.NoError(t, err)
	assert.Equal(t, "FAILED", shown.Results["kafka"])

	require.NoError(t, s.SetConfig(provider, map[string]any{"bootstrap-servers": parts.broker.Bootstrap()}))
	s.settle()
	assert.NotContains(t, kafkaIs("SUCCESS")["connections"], "errors")
}
