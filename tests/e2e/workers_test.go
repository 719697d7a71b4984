package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSourcesDeliverExactlyOnceAfterTwoPasses(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.deploy(2, nil)
	input, output := s.integrator("one")
	s.settle()
	relation := s.integrate("one")
	s.settle()
	s.allActive(provider, "one")
	s.lines(input, output, "at least once\n")
	before, gateway := s.steps(provider+"/0", "RestartWorker"), gatewayPID(t, s, provider+"/0")
	require.NoError(t, s.SetConfig(provider, map[string]any{"exactly-once": true}))
	s.settle()
	s.allActive(provider, "one")
	assert.Equal(t, before+2, s.steps(provider+"/0", "RestartWorker"), "preparing, then enabled")
	assert.Equal(t, gateway, gatewayPID(t, s, provider+"/0"), "what is the worker's alone closes no port")
	for _, unit := range s.Units(provider) {
		assert.Contains(t, s.properties(unit), "exactly.once.source.support=enabled\n")
	}
	s.lines(input, output, "still\n")

	exact, topic := filepath.Join(t.TempDir(), "exact.txt"), "exact-"+s.UUID()[:8]
	require.NoError(t, os.WriteFile(exact, []byte("exactly\n"), 0o600))
	_, err := s.rest(relation).Create(t.Context(), "exact", map[string]string{
		"connector.class": sourceClass, "file": exact, "topic": topic, "exactly.once.support": "required",
	}, "")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		status, err := s.rest(relation).Status(t.Context(), "exact")
		return err == nil && len(status.Tasks) == 1 && status.Tasks[0].State == "RUNNING"
	}, patience, 200*time.Millisecond)
}

// properties is the file that a unit's worker was started with.
func (s *stage) properties(unit string) string {
	s.t.Helper()
	content, err := os.ReadFile(filepath.Join(s.data(unit), "worker/worker.properties"))
	require.NoError(s.t, err)
	return string(content)
}

func TestWorkersTakeFurtherPropertiesAndRefuseTheCharms(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.deploy(1, map[string]any{
		"worker-properties":             "# of a test\nvalue.converter.schemas.enable=false\noffset.storage.partitions = 3\nproducer.compression.type: gzip\n",
		"client-config-override-policy": "Principal", "offset-topic": "offsets-" + s.UUID()[:8],
	})
	s.settle()
	s.allActive(provider)
	written := s.properties(provider + "/0")
	for _, line := range []string{
		"offset.storage.partitions=3\n", "producer.compression.type=gzip\n", "offset.storage.topic=offsets-" + s.UUID()[:8] + "\n",
		"connector.client.config.override.policy=Principal\n",
	} {
		assert.Contains(t, written, line)
	}
	pid := workerPID(t, s, provider+"/0")
	require.NoError(t, s.SetConfig(provider, map[string]any{"worker-properties": "rest.port=8083"}))
	s.settle()
	s.requireStatus(provider+"/0", "blocked", "config worker-properties: rest.port cannot be set: clients and other workers come in by the gateway")
	assert.Equal(t, pid, workerPID(t, s, provider+"/0"))
	require.NoError(t, s.ResetConfig(provider, "worker-properties"))
	s.settle()
	s.allActive(provider)
	assert.NotContains(t, s.properties(provider+"/0"), "compression")
}

func TestTwoApplicationsOnOneKafkaDoNotCollide(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	servers := map[string]any{"bootstrap-servers": parts.broker.Bootstrap()}
	s.deployAlone(provider, 1, servers)
	s.deployAlone("other", 1, servers)
	input, output := s.integrator("one")
	s.settle()
	s.integrate("one")
	s.settle()
	s.allActive(provider, "other", "one")
	s.lines(input, output, "mine\n")
	var names []string
	s.direct("other/0", "/connectors", &names)
	assert.Empty(t, names)

	group := "shared-" + s.UUID()[:8]
	require.NoError(t, s.SetConfig(provider, map[string]any{"group-id": group}))
	require.NoError(t, s.SetConfig("other", map[string]any{"group-id": group}))
	s.settle()
	other, err := s.Unit("other/0")
	require.NoError(t, err)
	s.eventually("the stranger is named", func() bool {
		status, _ := s.StatusOf(provider + "/0")
		return strings.Contains(status.Message, "waiting for other workers to leave the Connect group "+group) && strings.Contains(status.Message, other.Address)
	})
	require.NoError(t, s.ResetConfig("other", "group-id"))
	s.settle()
	s.allActive(provider, "other", "one")
}

func TestLogLevelsChangeWithoutARestart(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.deploy(1, nil)
	s.settle()
	s.allActive(provider)
	unit := provider + "/0"
	level := func(logger string) string {
		var answer struct{ Level string }
		s.direct(unit, "/admin/loggers/"+logger, &answer)
		return answer.Level
	}
	const noisy = "org.apache.kafka.connect.runtime"
	pid := workerPID(t, s, unit)
	require.NoError(t, s.SetConfig(provider, map[string]any{"log-level": "WARN, " + noisy + "=DEBUG"}))
	s.settle()
	assert.Equal(t, []string{"WARN", "DEBUG"}, []string{level("root"), level(noisy)})
	assert.Equal(t, pid, workerPID(t, s, unit))
	before := s.steps(unit, "SetLevels")
	s.updateStatus()
	assert.Equal(t, before, s.steps(unit, "SetLevels"), "they are set")

	require.NoError(t, s.SetConfig(provider, map[string]any{"worker-heap": 400}))
	s.settle()
	s.allActive(provider)
	assert.NotEqual(t, pid, workerPID(t, s, unit))
	assert.Equal(t, []string{"WARN", "DEBUG"}, []string{level("root"), level(noisy)}, "set again in the new worker")

	pid = workerPID(t, s, unit)
	require.NoError(t, s.SetConfig(provider, map[string]any{"log-level": "LOUD"}))
	s.settle()
	s.requireStatus(unit, "blocked", `config log-level: "LOUD" is no level`)
	require.NoError(t, s.ResetConfig(provider, "log-level"))
	s.settle()
	s.requireStatus(unit, "active", "")
	assert.Equal(t, []string{"INFO", "INFO"}, []string{level("root"), level(noisy)})
	assert.Equal(t, pid, workerPID(t, s, unit))
}
