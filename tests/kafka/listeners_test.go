package kafka_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"connectcharms/tests/kafka"
)

// TestWorkersReachABrokerByEachProtocol is of a worker: what it accepts is what the charm has to write.
func TestWorkersReachABrokerByEachProtocol(t *testing.T) {
	t.Parallel()
	authority, err := kafka.NewAuthority("test")
	require.NoError(t, err)
	broker := startBroker(t, kafka.BrokerOptions{TLS: authority, SCRAM: true})
	require.NoError(t, broker.SetUser(t.Context(), "alice", "first"))
	require.NoError(t, broker.SetUser(t.Context(), "alice", "second"), "a password can be changed")
	for _, protocol := range []kafka.Protocol{kafka.Plaintext, kafka.SSL, kafka.SASLPlaintext, kafka.SASLSSL} {
		t.Run(string(protocol), func(t *testing.T) {
			startWorker(t, "", broker, kafka.WorkerOptions{Extra: clientSettings(broker, protocol, authority, "second")})
		})
	}
}

func TestAUserThatIsGoneCannotLogIn(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, kafka.BrokerOptions{SCRAM: true})
	require.NoError(t, broker.SetUser(t.Context(), "alice", "first"))
	require.NoError(t, broker.RemoveUser(t.Context(), "alice"))
	require.ErrorContains(t, broker.RemoveUser(t.Context(), "alice"), "Attempt to delete a user credential that does not exist")
	_, err := kafka.StartWorker(t.Context(), fetched(t, ""), broker, kafka.WorkerOptions{
		Dir: t.TempDir(), Extra: clientSettings(broker, kafka.SASLPlaintext, nil, "first"),
	})
	require.ErrorContains(t, err, "SaslAuthenticationException")
}

// clientSettings are what a worker needs to speak a protocol as the user alice.
func clientSettings(broker *kafka.Broker, protocol kafka.Protocol, authority *kafka.Authority, password string) map[string]string {
	settings := map[string]string{"bootstrap.servers": broker.At(protocol)}
	for _, prefix := range []string{"", "producer.", "consumer.", "admin."} {
		settings[prefix+"security.protocol"] = string(protocol)
		settings[prefix+"sasl.mechanism"] = kafka.Mechanism
		settings[prefix+"sasl.jaas.config"] = fmt.Sprintf(
			"org.apache.kafka.common.security.scram.ScramLoginModule required username=\"alice\" password=\"%s\";", password)
		if authority != nil {
			settings[prefix+"ssl.truststore.type"] = "PEM"
			settings[prefix+"ssl.truststore.certificates"] = authority.PEM()
		}
	}
	return settings
}
