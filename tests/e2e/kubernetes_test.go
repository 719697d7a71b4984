package e2e

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/jujutest"
	"connectcharms/tests/pair"
)

const workload = "kafka-connect" // the container

// TestPodsAndContainersComeAndGo is the life of a Kubernetes application: it grows, a container dies, a pod is replaced,
// the charm is refreshed, it shrinks. Lines move in each state, and the client's credentials stay what they were.
func TestPodsAndContainersComeAndGo(t *testing.T) {
	t.Parallel()
	s := newStageOn(t, pair.Kubernetes)
	s.deploy(1, nil)
	input, output := s.integrator("one")
	s.settle()
	relation := s.integrate("one")
	s.settle()
	s.allActive(provider, "one")
	s.lines(input, output, "one pod\n")
	content := s.credentials(s.published(relation))
	works := func(endpoints int, line string) {
		t.Helper()
		s.eventually("the endpoints are those of the pods", func() bool {
			published := s.published(relation).Endpoints
			return len(published) == endpoints && !slices.ContainsFunc(published, func(e string) bool { return !s.healthy(e) })
		})
		s.allActive(provider, "one")
		for _, endpoint := range s.published(relation).Endpoints {
			assert.Equal(t, http.StatusOK, s.ask(endpoint, content), "%s, %s", line, endpoint)
		}
		s.lines(input, output, line)
	}

	agent, err := http.Get("http://" + s.at(provider+"/0", 8086) + "/metrics")
	require.NoError(t, err, "the image brings the JMX exporter")
	require.NoError(t, agent.Body.Close())

	for range 2 {
		_, err := s.AddUnit(provider)
		require.NoError(t, err)
	}
	s.settle()
	works(3, "three pods\n")

	// A container dies with all that runs in it, and then the charm while it starts the services again.
	require.NoError(t, s.RestartContainer(provider+"/0", workload))
	killed := make(chan bool, 1)
	go func() {
		killed <- assert.Eventually(t, func() bool {
			return len(s.gateways(provider+"/0")) > 0 && killDispatch(s, provider+"/0") == nil
		}, patience, 10*time.Millisecond, "a hook that has started the gateway")
	}()
	s.settle()
	require.True(t, <-killed)
	works(3, "a container died\n")

	// A pod is replaced: its address is another, what it had downloaded is there.
	downloaded := s.steps(provider+"/1", "InstallPlugin")
	require.NoError(t, s.ReplacePod(provider+"/1"))
	s.settle()
	works(3, "a pod died\n")
	assert.Equal(t, downloaded, s.steps(provider+"/1", "InstallPlugin"), "the storage has the plugin")

	// Refresh brings another program to the services.
	refreshed := filepath.Join(t.TempDir(), "charm")
	require.NoError(t, os.CopyFS(refreshed, os.DirFS(parts.Charms.KafkaConnectK8s)))
	before := s.gateways(provider + "/2")
	require.NoError(t, s.Refresh(provider, jujutest.FromDir(refreshed)))
	s.settle()
	works(3, "refreshed\n")
	assert.NotEqual(t, before, s.gateways(provider+"/2"))

	for _, unit := range []string{provider + "/2", provider + "/1"} {
		require.NoError(t, s.RemoveUnit(unit))
	}
	s.settle()
	works(1, "one pod again\n")
	require.NoError(t, s.RemoveRelation(provider, "one"))
	s.settle()
	assert.Empty(t, s.plugins(provider+"/0"))
}

// healthy says whether anything answers at an endpoint.
func (s *stage) healthy(endpoint string) bool {
	answer, err := http.Get(endpoint + "/health")
	return err == nil && answer.Body.Close() == nil && answer.StatusCode == http.StatusOK
}

func TestAnImageWithoutKafkaIsNamed(t *testing.T) {
	t.Parallel()
	s := newStageOn(t, pair.Kubernetes)
	require.NoError(t, s.Deploy(provider, jujutest.FromDir(parts.Charms.KafkaConnectK8s), jujutest.DeployOptions{
		Config:    map[string]any{"bootstrap-servers": parts.broker.Bootstrap()},
		Resources: map[string]string{"kafka-connect-image": t.TempDir()},
	}))
	s.settle()
	s.requireStatus(provider+"/0", "blocked", "the image has no Kafka in /opt/kafka: attach another as resource kafka-connect-image")
}

// TestAWorkerThatHangsIsRestartedAndItsContainerIsNot stops the worker's process as a deadlock would. Kubernetes asks Pebble
// for both levels of health: without "alive" it would end the container, without "ready" the pod gets no requests.
func TestAWorkerThatHangsIsRestartedAndItsContainerIsNot(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a worker may be silent for three minutes")
	}
	s := newStageOn(t, pair.Kubernetes)
	s.deploy(1, nil)
	s.settle()
	s.allActive(provider)
	require.Eventually(t, func() bool { return s.health("ready") == http.StatusOK }, patience, time.Second)
	hung := workerPID(t, s, provider+"/0")
	require.NoError(t, syscall.Kill(hung, syscall.SIGSTOP))
	require.Eventually(t, func() bool { return s.health("ready") == http.StatusBadGateway }, patience, time.Second)
	assert.Equal(t, http.StatusOK, s.health("alive"))
	require.NoError(t, s.UpdateStatus())
	s.runHooks()
	s.requireStatus(provider+"/0", "waiting", "waiting for the worker")
	require.NoError(t, syscall.Kill(hung, 0), "it is given time")
	require.Eventually(t, func() bool { return syscall.Kill(hung, 0) != nil }, patience, time.Second)
	require.Eventually(t, func() bool { return s.health("ready") == http.StatusOK }, patience, time.Second)
	s.allActive(provider)
}

// health is what Pebble tells Kubernetes of the first pod.
func (s *stage) health(level string) (code int) {
	s.t.Helper()
	info, err := s.Unit(provider + "/0")
	require.NoError(s.t, err)
	socket := filepath.Join(info.Root, "charm/containers", workload, "pebble.socket")
	pebble := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}}
	answer, err := pebble.Get("http://pebble/v1/health?level=" + level)
	require.NoError(s.t, err)
	require.NoError(s.t, answer.Body.Close())
	return answer.StatusCode
}
