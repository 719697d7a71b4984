package e2e

import (
	"bytes"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/jujutest"
	"connectcharms/tests/kafka"
)

// hostile is a password that ends quotes, lines and entries, and looks like a reference.
const hostile = `p"a;s\s' ${file:/etc/passwd:root}é😀=,#`

// deployAlone deploys kafka-connect without any Kafka.
func (s *stage) deployAlone(app string, units int, config map[string]any) {
	s.t.Helper()
	require.NoError(s.t, s.Deploy(app, jujutest.FromDir(parts.Charms.KafkaConnect), jujutest.DeployOptions{
		Units: units, Config: config, Resources: map[string]string{"kafka": parts.Kafka.Archive},
	}))
}

// TestARelatedKafkaIsFollowed goes from no Kafka through a relation with TLS and a login, a password that changes, one that is
// wrong, and the end of the relation, to the same Kafka by options.
func TestARelatedKafkaIsFollowed(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	broker, authority := secureKafka(t)
	require.NoError(t, broker.SetUser(t.Context(), "relation-1", hostile))
	unit := provider + "/0"
	s.deployAlone(provider, 1, nil)
	input, output := s.integrator("one")
	s.settle()
	s.integrate("one")
	s.settle()
	s.requireStatus(unit, "blocked", "no Kafka: integrate with a charm that provides kafka_client")

	k := &kafkaCharm{
		servers: broker.At(kafka.SASLSSL),
		account: map[string]string{"username": "relation-1", "password": hostile},
		tls:     map[string]string{"tls": "enabled", "tls-ca": authority.PEM()},
	}
	require.NoError(t, s.Deploy("kafka", k.charm(), jujutest.DeployOptions{}))
	_, err := s.Integrate(provider+":kafka", "kafka")
	require.NoError(t, err)
	s.settle()
	s.requireStatus(unit, "waiting", "kafka: no endpoints, secret-user yet")
	assert.Equal(t, "admin", k.asked()["extra-user-roles"])
	assert.Equal(t, "__kafka-connect", k.asked()["topic"])

	s.publishes(k, func(*kafkaCharm) {})
	s.requireStatus(unit, "waiting", "kafka: its secret: ") // Juju drops a grant made in the hook that makes the secret
	s.publishes(k, func(*kafkaCharm) {})
	s.allActive(provider, "one")
	s.lines(input, output, "by relation\n")

	pid := workerPID(t, s, unit)
	const second = "hunter2hunter2"
	require.NoError(t, broker.SetUser(t.Context(), "relation-1", second))
	s.publishes(k, func(k *kafkaCharm) { k.account["password"] = second })
	s.allActive(provider, "one")
	assert.NotEqual(t, pid, workerPID(t, s, unit), "a worker reads its password at its start")
	s.lines(input, output, "another password\n")
	s.requireInPropertiesOnly(unit, second)

	pid = workerPID(t, s, unit)
	s.publishes(k, func(k *kafkaCharm) { k.account["password"] = "not yet Kafka's" })
	s.requireStatus(unit, "blocked", "refuses the user relation-1: Authentication failed")
	assert.Equal(t, pid, workerPID(t, s, unit), "it goes on with the old one")
	s.lines(input, output, "goes on\n")
	require.NoError(t, broker.SetUser(t.Context(), "relation-1", "not yet Kafka's"))
	s.updateStatus()
	s.allActive(provider, "one")
	assert.NotEqual(t, pid, workerPID(t, s, unit))

	require.NoError(t, s.RemoveApplication("kafka"))
	s.settle()
	s.requireStatus(unit, "blocked", "no Kafka")
	requireNoWorker(t, s, unit)
	uri, err := s.AddSecret("login", map[string]string{"username": "relation-1", "password": "not yet Kafka's", "tls-ca": authority.PEM()})
	require.NoError(t, err)
	require.NoError(t, s.GrantSecret(uri, provider))
	require.NoError(t, s.SetConfig(provider, map[string]any{"bootstrap-servers": broker.At(kafka.SASLSSL), "kafka-secret": uri}))
	s.settle()
	s.allActive(provider, "one")
	s.lines(input, output, "by options\n")
}

// requireInPropertiesOnly holds that a password is in the worker's properties, which only the services' group can read, and
// in no other file of the unit, no output of a hook, and no process's arguments or environment.
func (s *stage) requireInPropertiesOnly(unit, password string) {
	s.t.Helper()
	properties := filepath.Join(s.data(unit), "worker/worker.properties")
	assert.Contains(s.t, s.properties(unit), password)
	info, err := os.Stat(properties)
	require.NoError(s.t, err)
	assert.Equal(s.t, fs.FileMode(0o640), info.Mode().Perm())
	require.NoError(s.t, filepath.WalkDir(s.data(unit), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || path == properties || filepath.Ext(path) == ".jar" {
			return nil //nolint:nilerr // see below
		}
		content, _ := os.ReadFile(path) // what is gone meanwhile holds nothing
		assert.False(s.t, bytes.Contains(content, []byte(password)), path)
		return nil
	}))
	for _, run := range s.HookLog() {
		assert.NotContains(s.t, run.Output, password)
	}
	processes, err := filepath.Glob("/proc/[0-9]*/cmdline")
	require.NoError(s.t, err)
	for _, process := range processes {
		line, _ := os.ReadFile(process)
		environment, _ := os.ReadFile(filepath.Join(filepath.Dir(process), "environ"))
		assert.NotContains(s.t, string(line)+string(environment), password)
	}
}

func requireNoWorker(t *testing.T, s *stage, unit string) {
	t.Helper()
	info, err := s.Unit(unit)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		response, err := http.Get("http://" + info.Address + ":8084/")
		if err == nil {
			_ = response.Body.Close()
		}
		return err != nil
	}, patience, 100*time.Millisecond)
}

func TestANewerKafkaCharmIsAskedInItsForm(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	broker, authority := secureKafka(t)
	require.NoError(t, broker.SetUser(t.Context(), "relation-1", "first"))
	s.deployAlone(provider, 1, map[string]any{"kafka-client-version": "v1"})
	k := &kafkaCharm{
		newer: true, servers: broker.At(kafka.SASLSSL),
		account: map[string]string{"username": "relation-1", "password": "first"},
		tls:     map[string]string{"tls": "true", "tls-ca": authority.PEM()},
	}
	require.NoError(t, s.Deploy("kafka", k.charm(), jujutest.DeployOptions{}))
	_, err := s.Integrate(provider+":kafka", "kafka")
	require.NoError(t, err)
	s.settle()
	s.publishes(k, func(*kafkaCharm) {})
	s.publishes(k, func(*kafkaCharm) {})
	s.allActive(provider)
}

// TestALoginByOptionsIsCheckedBeforeItIsUsed covers what an operator may get wrong in it.
func TestALoginByOptionsIsCheckedBeforeItIsUsed(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	broker, authority := secureKafka(t)
	require.NoError(t, broker.SetUser(t.Context(), "connect", "right"))
	unit := provider + "/0"
	s.deployAlone(provider, 1, map[string]any{"bootstrap-servers": broker.At(kafka.SASLSSL)})
	s.settle()
	s.requireStatus(unit, "waiting", "it closes the connection, as one does that wants TLS or a login")
	uri, err := s.AddSecret("login", map[string]string{"username": "connect", "password": "wrong", "tls-ca": authority.PEM()})
	require.NoError(t, err)
	require.NoError(t, s.SetConfig(provider, map[string]any{"kafka-secret": uri}))
	s.settle()
	s.requireStatus(unit, "blocked", "juju grant-secret "+uri)
	require.NoError(t, s.GrantSecret(uri, provider))
	s.updateStatus()
	s.requireStatus(unit, "blocked", "refuses the user connect: Authentication failed")
	other, err := kafka.NewAuthority("other")
	require.NoError(t, err)
	for _, c := range []struct {
		content         map[string]string
		status, message string
	}{
		{map[string]string{"username": "connect"}, "blocked", "config kafka-secret: no password"},
		{map[string]string{"username": "connect", "password": "right", "tls-ca": other.PEM()}, "waiting", "certificate signed by unknown authority"},
		{map[string]string{"username": "connect", "password": "right", "tls-ca": authority.PEM()}, "active", ""},
	} {
		require.NoError(t, s.UpdateSecret(uri, c.content))
		s.settle()
		if c.status == "active" {
			s.allActive(provider)
		}
		s.requireStatus(unit, c.status, c.message)
	}
	k := &kafkaCharm{}
	require.NoError(t, s.Deploy("kafka", k.charm(), jujutest.DeployOptions{}))
	_, err = s.Integrate(provider+":kafka", "kafka")
	require.NoError(t, err)
	pid := workerPID(t, s, unit)
	s.settle()
	s.requireStatus(unit, "blocked", "two Kafkas")
	assert.Equal(t, pid, workerPID(t, s, unit), "the worker goes on")
}

// TestEveryWayToReachKafkaIsTakenByARealWorker goes through what the properties of a worker can be.
func TestEveryWayToReachKafkaIsTakenByARealWorker(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	broker, authority := secureKafka(t)
	require.NoError(t, broker.SetUser(t.Context(), `co"nn=ect,`, hostile))
	login := map[string]string{"username": `co"nn=ect,`, "password": hostile}
	uri, err := s.AddSecret("login", login)
	require.NoError(t, err)
	require.NoError(t, s.GrantSecret(uri, provider))
	s.deployAlone(provider, 1, map[string]any{"bootstrap-servers": broker.At(kafka.SASLPlaintext), "kafka-secret": uri})
	s.settle()
	s.allActive(provider)
	assert.Contains(t, s.properties(provider+"/0"), "admin.security.protocol=SASL_PLAINTEXT\n")
	for protocol, content := range map[kafka.Protocol]map[string]string{
		kafka.Plaintext: {"tls": "false"},
		kafka.SSL:       {"tls-ca": authority.PEM()},
		kafka.SASLSSL:   {"username": login["username"], "password": login["password"], "tls": "true", "tls-ca": authority.PEM(), "sasl-mechanism": "SCRAM-SHA-512"},
	} {
		require.NoError(t, s.UpdateSecret(uri, content))
		require.NoError(t, s.SetConfig(provider, map[string]any{"bootstrap-servers": broker.At(protocol)}))
		s.settle()
		s.allActive(provider)
		assert.Contains(t, s.properties(provider+"/0"), "admin.security.protocol="+string(protocol)+"\n")
	}
}
