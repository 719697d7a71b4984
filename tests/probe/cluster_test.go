package probe_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"connectcharms/requirer-lib/connection"
	"connectcharms/tests/kafka"
	"connectcharms/tests/oauth"
)

// cluster is a real broker that is entered in each way, with a certificate of authority.
type cluster struct {
	*kafka.Broker
	options   kafka.BrokerOptions
	authority *kafka.Authority
	provider  *oauth.Server
	admin     *kadm.Client
}

// startCluster runs a broker at which users log in by PLAIN, SCRAM and OAUTHBEARER, and clients with certificates at the
// listener of TLS. Whoever comes in clear may do all; the others what ACLs allow.
func startCluster(t *testing.T) *cluster {
	t.Helper()
	provider, err := oauth.Start()
	require.NoError(t, err)
	t.Cleanup(provider.Stop)
	authority, err := kafka.NewAuthority("the brokers' authority")
	require.NoError(t, err)
	settings := map[string]string{
		"listener.name.ssl.ssl.client.auth":                   "required",
		"listener.name.ssl.ssl.truststore.type":               "PEM",
		"listener.name.ssl.ssl.truststore.certificates":       authority.PEM(),
		"sasl.enabled.mechanisms":                             "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER",
		"sasl.oauthbearer.jwks.endpoint.url":                  provider.KeysURL(),
		"sasl.oauthbearer.expected.audience":                  "connections",
		"sasl.oauthbearer.expected.issuer":                    provider.Issuer(),
		"sasl.oauthbearer.jwks.endpoint.retry.backoff.ms":     "100",
		"sasl.oauthbearer.jwks.endpoint.refresh.ms":           "3600000",
		"sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms": "1000",
	}
	for _, listener := range []string{"sasl_plaintext", "sasl_ssl"} {
		at := "listener.name." + listener + "."
		security := "org.apache.kafka.common.security."
		settings[at+"plain.sasl.jaas.config"] = security + `plain.PlainLoginModule required user_paul="plainly";`
		settings[at+"scram-sha-256.sasl.jaas.config"] = security + "scram.ScramLoginModule required;"
		settings[at+"scram-sha-512.sasl.jaas.config"] = security + "scram.ScramLoginModule required;"
		settings[at+"oauthbearer.sasl.jaas.config"] = security + "oauthbearer.OAuthBearerLoginModule required;"
		settings[at+"oauthbearer.sasl.server.callback.handler.class"] = security + "oauthbearer.OAuthBearerValidatorCallbackHandler"
	}
	made := &cluster{authority: authority, provider: provider, options: kafka.BrokerOptions{
		Dir: t.TempDir(), TLS: authority, SCRAM: true, ACLs: true, Extra: settings,
		Properties: map[string]string{"org.apache.kafka.sasl.oauthbearer.allowed.urls": provider.KeysURL()},
	}}
	made.start(t)
	client, err := kgo.NewClient(kgo.SeedBrokers(made.Bootstrap()))
	require.NoError(t, err)
	made.admin = kadm.NewClient(client)
	t.Cleanup(made.admin.Close)
	return made
}

func (c *cluster) start(t *testing.T) {
	t.Helper()
	runtime, err := kafka.Fetch(t.Context(), "", nil)
	require.NoError(t, err)
	c.Broker, err = kafka.StartBroker(t.Context(), runtime, c.options)
	require.NoError(t, err)
	broker := c.Broker
	t.Cleanup(func() { assert.NoError(t, broker.Stop()) })
}

// mechanisms are SCRAM's: a user has a password for each, and Kafka changes one at a time.
var mechanisms = []kadm.ScramMechanism{kadm.ScramSha256, kadm.ScramSha512}

// setPassword gives a user one; remove takes the user away.
func (c *cluster) setPassword(t *testing.T, user, password string) {
	t.Helper()
	for _, mechanism := range mechanisms {
		answered, err := c.admin.AlterUserSCRAMs(t.Context(), nil, []kadm.UpsertSCRAM{
			{User: user, Mechanism: mechanism, Iterations: 4096, Password: password},
		})
		require.NoError(t, err)
		require.NoError(t, answered.Error())
	}
}

func (c *cluster) remove(t *testing.T, user string) {
	t.Helper()
	for _, mechanism := range mechanisms {
		answered, err := c.admin.AlterUserSCRAMs(t.Context(), []kadm.DeleteSCRAM{{User: user, Mechanism: mechanism}}, nil)
		require.NoError(t, err)
		require.NoError(t, answered.Error())
	}
}

// allow lets a user describe a topic.
func (c *cluster) allow(t *testing.T, user, topic string) {
	t.Helper()
	rule := kadm.NewACLs().Topics(topic).ResourcePatternType(kadm.ACLPatternLiteral).Operations(kadm.OpDescribe).Allow("User:" + user).AllowHosts("*")
	created, err := c.admin.CreateACLs(t.Context(), rule)
	require.NoError(t, err)
	for _, one := range created {
		require.NoError(t, one.Err)
	}
}

// verify trusts the broker's authority.
func (c *cluster) verify() *connection.TLS {
	return &connection.TLS{CA: &connection.PEM{Text: c.authority.PEM()}}
}

// at is a spec for one of the broker's listeners.
func (c *cluster) at(protocol kafka.Protocol, credentials *connection.Credentials) connection.Spec {
	config := connection.KafkaClusterConfig{BootstrapServers: c.At(protocol), Credentials: credentials}
	if protocol == kafka.SSL || protocol == kafka.SASLSSL {
		config.TLS = c.verify()
	}
	return connection.Spec{ID: "kafka", Type: connection.Direct, KafkaCluster: &config}
}

func login(kind connection.CredentialsType, user string) *connection.Credentials {
	return &connection.Credentials{Type: kind, Username: user, Password: &connection.Reference{Secret: "password"}}
}

const kafkaPart = connection.PartKafkaCluster
