package charm

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/brokers"
	"connectcharms/provider-charm/internal/kafkaclient"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/secret"
)

func content(pairs ...string) hook.SecretContent {
	made := hook.SecretContent{}
	for i := 0; i < len(pairs); i += 2 {
		made[pairs[i]] = secret.New(pairs[i+1])
	}
	return made
}

func TestTheSecretForKafkaIsRead(t *testing.T) {
	alice := brokers.Access{Mechanism: brokers.SCRAM512, Username: "alice", Password: secret.New("p")}
	plain, encrypted := alice, alice
	plain.Mechanism, encrypted.TLS = brokers.Plain, true
	for name, c := range map[string]struct {
		content hook.SecretContent
		want    brokers.Access
	}{
		"nothing":     {content(), brokers.Access{}},
		"a user":      {content("username", "alice", "password", "p"), alice},
		"another way": {content("username", "alice", "password", "p", "sasl-mechanism", "PLAIN"), plain},
		"TLS":         {content("username", "alice", "password", "p", "tls", "true"), encrypted},
		"TLS alone":   {content("tls", "true"), brokers.Access{TLS: true}},
	} {
		got, err := readKafkaSecret(c.content)
		require.NoError(t, err, name)
		assert.Equal(t, c.want, got, name)
	}
}

func TestASecretForKafkaThatCannotBeIsNamed(t *testing.T) {
	for want, c := range map[string]hook.SecretContent{
		"no password":                        content("username", "alice"),
		"no username":                        content("password", "p"),
		`it has a key "user": the keys are`:  content("user", "alice", "password", "hunter2"),
		"tls is neither true nor false":      content("tls", "perhaps"),
		"tls-ca holds no certificate in PEM": content("tls-ca", "x"),
		"sasl-mechanism \"GSSAPI\"":          content("username", "alice", "password", "hunter2", "sasl-mechanism", "GSSAPI"),
	} {
		_, err := readKafkaSecret(c)
		require.ErrorContains(t, err, want)
		assert.NotContains(t, err.Error(), "hunter2")
	}
}

func TestTheLeaderAsksForKafkaOnce(t *testing.T) {
	w := settled(t)
	relation := hook.RelationID(3)
	w.Kafka.Relation = &relation
	w.Kafka.Request = kafkaclient.Request{Version: kafkaclient.V0, Asker: "x"}
	w.Leader = false
	assert.Nil(t, askForKafka(w))
	w.Leader = true
	asked := AskForKafka{Relation: 3, Databag: w.Kafka.Request.Databag()}
	require.Equal(t, asked, next(w))
	w.Kafka.Asked = hook.Databag{"topic": "__kafka-connect", "extra-user-roles": "admin", "requested-secrets": asked.Databag["requested-secrets"]}
	assert.Nil(t, askForKafka(w))
	w.Kafka.Request.Version = kafkaclient.V1
	assert.Equal(t, AskForKafka{Relation: 3, Databag: w.Kafka.Request.Databag()}, askForKafka(w), "the other form takes this one back")
}

func TestAWorkerGoesOnWhileItsKafkaIsNotClear(t *testing.T) {
	for name, c := range map[string]struct {
		kafka Kafka
		want  hook.Status
	}{
		"a secret that is not granted": {
			Kafka{Named: true, Waiting: "kafka: its secret: permission denied"},
			hook.Status{Name: hook.Waiting, Message: "waiting for kafka: its secret: permission denied"},
		},
		"two Kafkas": {
			Kafka{Named: true, Problem: "two Kafkas: …"},
			hook.Status{Name: hook.Blocked, Message: "two Kafkas: …"},
		},
	} {
		w := settled(t)
		w.Kafka = c.kafka
		assert.Nil(t, next(w), name)
		assert.Equal(t, c.want, status(w), name)
	}
}

func TestAWorkerWithoutAnyKafkaIsStopped(t *testing.T) {
	w := settled(t)
	w.Kafka = Kafka{}
	step, is := runServices(w).(RunServices)
	require.True(t, is)
	assert.False(t, step.Worker)
}

// TestAPasswordThatKafkaRefusesRestartsNoWorker is of a provider that publishes one before the brokers know it, and of an
// operator's slip.
func TestAPasswordThatKafkaRefusesRestartsNoWorker(t *testing.T) {
	w := settled(t)
	w.Services.Written = ""
	w.Kafka.Access = brokers.Access{Servers: w.Kafka.Access.Servers, Mechanism: brokers.SCRAM512, Username: "alice", Password: secret.New("p")}
	require.True(t, w.needsRestart())
	w.Services.BrokerReason, w.Services.BrokersRefuse = "Kafka at 10.0.0.1:9092 refuses the user alice: no", true
	assert.False(t, w.needsRestart())
	assert.Nil(t, runServices(w), "should it die, it is started with what let it in before")
	assert.Equal(t, hook.Status{Name: hook.Blocked, Message: w.Services.BrokerReason}, status(w))
	w.Services.BrokersRefuse = false
	assert.Equal(t, hook.Waiting, status(w).Name)
	w.Services.BrokerReason = ""
	assert.True(t, w.needsRestart())
}
