// Package control_test has a connector whose token expires run on real Kafka Connect, and says whether what it lives by from then on, it is
// configured with.
package control_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/tests/kafka"
)

// house is what all stages share: a broker, and a worker that delivers exactly once and has files' contents as configuration.
type house struct {
	dir    string
	broker *kafka.Broker
	worker *kafka.Worker
	// said is what the worker has.
	said *lines
}

func openHouse(t *testing.T) *house {
	t.Helper()
	plugins := buildConnector(t)
	runtime, err := kafka.Fetch(t.Context(), "", os.Stderr)
	require.NoError(t, err)
	h := &house{dir: t.TempDir(), said: &lines{}}
	h.broker, err = kafka.StartBroker(t.Context(), runtime, kafka.BrokerOptions{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, h.broker.Stop()) })
	h.worker, err = kafka.StartWorker(t.Context(), runtime, h.broker, kafka.WorkerOptions{
		Dir: t.TempDir(), PluginPath: plugins, Log: h.said,
		Extra: map[string]string{
			"exactly.once.source.support":                    "enabled",
			"config.providers":                               "directory",
			"config.providers.directory.class":               "org.apache.kafka.common.config.provider.DirectoryConfigProvider",
			"config.providers.directory.param.allowed.paths": h.dir,
		},
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, h.worker.Stop()) })
	return h
}

// stage is one server of records, and one connector that reads it, named like its topic.
type stage struct {
	*house
	t        *testing.T
	name     string
	records  *recordServer
	arrived  *topic
	messages *topic
}

func (h *house) stage(t *testing.T, name string, life int) *stage {
	t.Helper()
	return &stage{
		house: h, t: t, name: name, records: newRecordServer(t, life),
		arrived: follow(t, h.broker.Bootstrap(), name), messages: follow(t, h.broker.Bootstrap(), controlTopic(name)),
	}
}

func controlTopic(connector string) string { return connector + "-control" }

// config is the connector's, with credentials as they are given, or references to them.
func (s *stage) config(token, refresh string) connect.Settings {
	return connect.Settings{
		"connector.class": expiringSource, "tasks.max": "1",
		"key.converter": "org.apache.kafka.connect.storage.StringConverter", "value.converter": "org.apache.kafka.connect.storage.StringConverter",
		"url": s.records.url, "token": token, "refresh.token": refresh, "interval.ms": "50", "topic": s.name,
		"control.topic": controlTopic(s.name), "control.producer.bootstrap.servers": s.broker.Bootstrap(),
	}
}

// keep writes a secret to a file for the worker, and gives the reference to it.
func (s *stage) keep(file, secret string) (reference string) {
	s.t.Helper()
	dir := filepath.Join(s.dir, s.name)
	require.NoError(s.t, os.MkdirAll(dir, 0o700))
	require.NoError(s.t, os.WriteFile(filepath.Join(dir, file), []byte(secret), 0o600))
	return "${directory:" + dir + ":" + file + "}"
}

func (s *stage) client() *connect.Client {
	s.t.Helper()
	client, err := connect.New(connect.Config{Endpoints: []string{s.worker.URL()}})
	require.NoError(s.t, err)
	s.t.Cleanup(client.Close)
	return client
}

// configure puts the connector's configuration, as whoever has its worker's files and REST interface would.
func (s *stage) configure(config connect.Settings) {
	s.t.Helper()
	_, _, err := s.client().PutConfig(s.t.Context(), s.name, config)
	require.NoError(s.t, err)
}

func (s *stage) until(what string, is func() bool) {
	s.t.Helper()
	require.Eventually(s.t, is, time.Minute, 20*time.Millisecond, what)
}

func (s *stage) untilArrived(number int) {
	s.t.Helper()
	s.until("the records are in the topic", func() bool { return len(s.arrived.all()) >= number })
}
