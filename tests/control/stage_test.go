// Package control_test has a connector whose token expires run on real Kafka Connect, and says whether what it lives by from then on, it is
// configured with.
package control_test

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/said"
	"connectcharms/tests/charms"
	"connectcharms/tests/kafka"
)

const (
	kafkaProtocol  = kafka.SASLSSL
	kafkaMechanism = kafka.Mechanism

	connectorPassword = "the connector's, of Kafka"
	managerPassword   = "the manager's, of Kafka"
)

// house is what all stages share: a broker, connect-manager, and what a worker of Kafka Connect is started with.
type house struct {
	runtime   *kafka.Runtime
	plugins   string
	program   string
	authority *kafka.Authority
	broker    *kafka.Broker
	// dir is where workers have secrets from.
	dir string
}

func openHouse(t *testing.T) *house {
	t.Helper()
	h := &house{plugins: buildConnector(t), dir: t.TempDir()}
	var err error
	h.runtime, err = kafka.Fetch(t.Context(), "", os.Stderr)
	require.NoError(t, err)
	h.program, err = charms.BuildManager(t.Context(), t.TempDir())
	require.NoError(t, err)
	h.authority, err = kafka.NewAuthority("Kafka's")
	require.NoError(t, err)
	h.broker, err = kafka.StartBroker(t.Context(), h.runtime, kafka.BrokerOptions{Dir: t.TempDir(), TLS: h.authority, SCRAM: true})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, h.broker.Stop()) })
	for user, password := range map[string]string{"connector": connectorPassword, "manager": managerPassword} {
		require.NoError(t, h.broker.SetUser(t.Context(), user, password))
	}
	return h
}

// worker is one of Kafka Connect, alone in its group, which delivers exactly once and has files' contents as configuration.
type worker struct {
	*kafka.Worker
	house   *house
	options kafka.WorkerOptions
	said    *said.Lines
}

// worker starts one. For the time of its session it may stand still without losing its tasks, and they their tokens; and for so long they
// wait for it when it was killed.
func (h *house) worker(t *testing.T, group string, session time.Duration) *worker {
	t.Helper()
	w := &worker{house: h, said: &said.Lines{}}
	w.options = kafka.WorkerOptions{
		Dir: t.TempDir(), Group: group, PluginPath: h.plugins, Log: w.said,
		Extra: map[string]string{
			"exactly.once.source.support":                    "enabled",
			"session.timeout.ms":                             strconv.FormatInt(session.Milliseconds(), 10),
			"config.providers":                               "directory",
			"config.providers.directory.class":               "org.apache.kafka.common.config.provider.DirectoryConfigProvider",
			"config.providers.directory.param.allowed.paths": h.dir,
		},
	}
	w.start(t)
	return w
}

func (w *worker) start(t *testing.T) {
	t.Helper()
	started, err := kafka.StartWorker(t.Context(), w.house.runtime, w.house.broker, w.options)
	require.NoError(t, err)
	w.Worker = started
	t.Cleanup(func() {
		if err := started.Stop(); !errors.Is(err, os.ErrProcessDone) {
			assert.NoError(t, err)
		}
	})
}

// crash ends the worker, and starts it again on the same port, with nothing of what it had in memory.
func (w *worker) crash(t *testing.T) {
	t.Helper()
	at, err := url.Parse(w.URL())
	require.NoError(t, err)
	w.options.Port, err = strconv.Atoi(at.Port())
	require.NoError(t, err)
	require.NoError(t, w.Kill())
	w.start(t)
}

// stage is one server of records, and one connector that reads it, named like its topic.
type stage struct {
	*house
	t        *testing.T
	worker   *worker
	name     string
	records  *recordServer
	arrived  *topic
	messages *topic
	rest     *connect.Client // see client
}

func (w *worker) stage(t *testing.T, name string, life int) *stage {
	t.Helper()
	bootstrap := w.house.broker.Bootstrap()
	return &stage{
		house: w.house, t: t, worker: w, name: name, records: newRecordServer(t, life),
		arrived: follow(t, bootstrap, name), messages: follow(t, bootstrap, controlTopic(name)),
	}
}

func controlTopic(connector string) string { return connector + "-control" }

// config is the connector's, with its credentials in files of a name.
func (s *stage) config(files string, has credentials) connect.Settings {
	s.t.Helper()
	text := "org.apache.kafka.connect.storage.StringConverter"
	login := `org.apache.kafka.common.security.scram.ScramLoginModule required username="connector" password="%s";`
	return connect.Settings{
		"connector.class": expiringSource, "tasks.max": "1", "key.converter": text, "value.converter": text,
		"url": s.records.url, "interval.ms": "50", "topic": s.name, "control.topic": controlTopic(s.name),
		"token": s.keep(files+".token", has.token), "refresh.token": s.keep(files+".refresh", has.refresh),
		"control.producer.bootstrap.servers":           s.broker.At(kafkaProtocol),
		"control.producer.security.protocol":           string(kafkaProtocol),
		"control.producer.sasl.mechanism":              kafkaMechanism,
		"control.producer.sasl.jaas.config":            fmt.Sprintf(login, s.keep("kafka", connectorPassword)),
		"control.producer.ssl.truststore.type":         "PEM",
		"control.producer.ssl.truststore.certificates": s.authority.PEM(),
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
	if s.rest == nil {
		client, err := connect.New(connect.Config{Endpoints: []string{s.worker.URL()}})
		require.NoError(s.t, err)
		s.t.Cleanup(client.Close)
		s.rest = client
	}
	return s.rest
}

// configure puts the connector's configuration, as whoever has its worker's files and REST interface would.
func (s *stage) configure(config connect.Settings) {
	s.t.Helper()
	_, _, err := s.client().PutConfig(s.t.Context(), s.name, config)
	require.NoError(s.t, err)
}

func (s *stage) until(what string, is func() bool) {
	s.t.Helper()
	require.Eventually(s.t, is, 2*time.Minute, 20*time.Millisecond, what)
}

func (s *stage) untilArrived(number int) {
	s.t.Helper()
	s.until("the records are in the topic", func() bool { return len(s.arrived.all()) >= number })
}
