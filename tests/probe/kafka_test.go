package probe_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connection"
	"connectcharms/tests/kafka"
)

// TestKafka is of one real broker, whose users come and go.
func TestKafka(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	for name, story := range map[string]func(*testing.T, *cluster){
		"each way in":                eachWayIn,
		"the wrong way in":           theWrongWayIn,
		"a password that changes":    aPasswordThatChanges,
		"tokens that end":            tokensThatEnd,
		"clients that are forgotten": clientsThatAreForgotten,
		"certificates of clients":    certificatesOfClients,
		"certificates of the broker": certificatesOfTheBroker,
		"what one is not allowed":    whatOneIsNotAllowed,
	} {
		t.Run(name, func(t *testing.T) { story(t, c) })
	}
	t.Run("a broker that hangs, and one that stops", func(t *testing.T) { aBrokerThatStops(t, c) })
}

func eachWayIn(t *testing.T, c *cluster) {
	c.setPassword(t, "sam", "scrambled")
	sam := begin(c.at(kafka.SASLPlaintext, login(connection.ScramSHA512, "sam")))
	sam.until(t, kafkaPart, secrets{"password": "scrambled"}, connection.Success)
	c.provider.Know("oliver", "client's own")
	ends := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	token := &connection.Credentials{Type: connection.OAuthBearer, Token: &connection.Reference{Secret: "token"}}
	fetched := &connection.Credentials{
		Type: connection.OAuthBearer, ClientID: "oliver", ClientSecret: &connection.Reference{Secret: "secret"}, TokenURL: c.provider.TokenURL(),
	}
	for _, protocol := range []kafka.Protocol{kafka.SASLPlaintext, kafka.SASLSSL} {
		for name, is := range map[string]struct {
			spec    connection.Spec
			secrets secrets
			user    *connection.User
			ends    time.Time
		}{
			"PLAIN":            {c.at(protocol, login(connection.Basic, "paul")), secrets{"password": "plainly"}, &connection.User{Username: "paul"}, time.Time{}},
			"SCRAM-SHA-256":    {c.at(protocol, login(connection.ScramSHA256, "sam")), secrets{"password": "scrambled"}, &connection.User{Username: "sam"}, time.Time{}},
			"SCRAM-SHA-512":    {c.at(protocol, login(connection.ScramSHA512, "sam")), secrets{"password": "scrambled"}, &connection.User{Username: "sam"}, time.Time{}},
			"a token":          {c.at(protocol, token), secrets{"token": c.provider.Token("tom", ends, nil)}, &connection.User{ID: "tom"}, ends},
			"a token, fetched": {c.at(protocol, fetched), secrets{"secret": "client's own"}, &connection.User{ID: "oliver"}, time.Time{}},
		} {
			result := ask(t, kafkaPart, is.spec, is.secrets)
			assert.True(t, result.OK, "%s at %s: %v", name, protocol, result.Errors)
			assert.Equal(t, is.user, result.User, name)
			assert.Equal(t, is.ends, result.RequiresAuthenticationAt, name)

			for what := range is.secrets {
				is.secrets[what] = "something else"
			}
			result = ask(t, kafkaPart, is.spec, is.secrets)
			assert.True(t, result.Refused, "%s at %s with a wrong secret: %v", name, protocol, result.Errors)
			assert.NotContains(t, fmt.Sprint(result.Errors), "something else")
		}
	}
	assert.True(t, ask(t, kafkaPart, c.at(kafka.Plaintext, nil), nil).OK, "in clear, as nobody")
}

// Whoever takes one listener for another hears what to do.
func theWrongWayIn(t *testing.T, c *cluster) {
	sam := login(connection.ScramSHA512, "sam")
	plain := c.at(kafka.Plaintext, nil)
	withTLS := c.at(kafka.Plaintext, nil)
	withTLS.KafkaCluster.TLS = c.verify()
	withoutTLS := c.at(kafka.SASLSSL, sam)
	withoutTLS.KafkaCluster.TLS = nil
	for name, is := range map[string]struct {
		spec  connection.Spec
		phase connection.Phase
		says  string
	}{
		"TLS where there is none":          {withTLS, connection.PhaseTLS, "it closed the connection when TLS began: it may not speak TLS"},
		"no TLS where there is":            {withoutTLS, connection.PhaseRequest, "it "},
		"no log-in where one is asked for": {c.at(kafka.SASLPlaintext, nil), connection.PhaseRequest, "it closed the connection after its greeting: it may expect a log-in"},
		"a log-in where none is":           {c.at(kafka.Plaintext, sam), connection.PhaseAuthenticate, "it takes no log-ins at this port"},
	} {
		result := ask(t, kafkaPart, is.spec, secrets{"password": "scrambled"})
		address := is.spec.KafkaCluster.BootstrapServers
		assert.Contains(t, result.Errors[is.phase].Message, address+": "+is.says, "%s: %v", name, result.Errors)
		assert.False(t, result.Refused, name)
	}
	assert.True(t, ask(t, kafkaPart, plain, nil).OK)
}

// A password that worked and does not any more: EXPIRED. It was never right: FAILED.
func aPasswordThatChanges(t *testing.T, c *cluster) {
	c.setPassword(t, "alice", "first")
	spec := c.at(kafka.SASLSSL, login(connection.ScramSHA512, "alice"))
	is := begin(spec)
	is.after(t, kafkaPart, secrets{"password": "wrong from the start"})
	is.has(t, kafkaPart, connection.Failed, connection.PhaseAuthenticate, "it does not accept the credentials")
	is.until(t, kafkaPart, secrets{"password": "first"}, connection.Success)
	is.has(t, kafkaPart, connection.Success, "", "")

	c.setPassword(t, "alice", "second")
	is.until(t, kafkaPart, secrets{"password": "first"}, connection.Expired)
	is.has(t, kafkaPart, connection.Expired, connection.PhaseAuthenticate, "it does not accept the credentials")
	is.until(t, kafkaPart, secrets{"password": "second"}, connection.Success)
	is.has(t, kafkaPart, connection.Success, "", "")

	c.remove(t, "alice")
	is.until(t, kafkaPart, secrets{"password": "second"}, connection.Expired)
	is.has(t, kafkaPart, connection.Expired, connection.PhaseAuthenticate, "it does not accept the credentials")
}

func tokensThatEnd(t *testing.T, c *cluster) {
	spec := c.at(kafka.SASLPlaintext, &connection.Credentials{Type: connection.OAuthBearer, Token: &connection.Reference{Secret: "token"}})
	is := begin(spec)
	is.after(t, kafkaPart, secrets{"token": c.provider.Token("tom", time.Now().Add(time.Hour), nil)})
	is.has(t, kafkaPart, connection.Success, "", "")
	is.after(t, kafkaPart, secrets{"token": c.provider.Token("tom", time.Now().Add(-time.Minute), nil)})
	is.has(t, kafkaPart, connection.Expired, connection.PhaseAuthenticate, "it does not accept the token: invalid_token")
	is.after(t, kafkaPart, secrets{"token": c.provider.Token("tom", time.Now().Add(time.Hour), map[string]any{"aud": "another"})})
	is.has(t, kafkaPart, connection.Expired, connection.PhaseAuthenticate, "it does not accept the token: invalid_token")
}

func clientsThatAreForgotten(t *testing.T, c *cluster) {
	c.provider.Know("clara", "hers")
	spec := c.at(kafka.SASLPlaintext, &connection.Credentials{
		Type: connection.OAuthBearer, ClientID: "clara", ClientSecret: &connection.Reference{Secret: "secret"}, TokenURL: c.provider.TokenURL(),
	})
	is := begin(spec)
	is.after(t, kafkaPart, secrets{"secret": "hers"})
	is.has(t, kafkaPart, connection.Success, "", "")
	c.provider.Know("clara", "")
	is.after(t, kafkaPart, secrets{"secret": "hers"})
	is.has(t, kafkaPart, connection.Expired, connection.PhaseToken, "it answers 401: invalid_client")
}

func certificatesOfClients(t *testing.T, c *cluster) {
	spec := c.at(kafka.SSL, nil)
	assert.True(t, ask(t, kafkaPart, spec, nil).Refused, "no certificate")
	spec.KafkaCluster.TLS.Certificate, spec.KafkaCluster.TLS.Key = &connection.Reference{Secret: "crt"}, &connection.Reference{Secret: "key"}
	is := begin(spec)
	certificate, key, err := c.authority.Issue("client.example")
	require.NoError(t, err)
	is.after(t, kafkaPart, secrets{"crt": certificate, "key": key})
	is.has(t, kafkaPart, connection.Success, "", "")

	stranger, err := kafka.NewAuthority("another authority")
	require.NoError(t, err)
	certificate, key, err = stranger.Issue("client.example")
	require.NoError(t, err)
	is.after(t, kafkaPart, secrets{"crt": certificate, "key": key})
	is.has(t, kafkaPart, connection.Expired, connection.PhaseTLS, "it does not accept the certificate that it was shown")
}

func certificatesOfTheBroker(t *testing.T, c *cluster) {
	stranger, err := kafka.NewAuthority("another authority")
	require.NoError(t, err)
	spec := c.at(kafka.SASLSSL, login(connection.Basic, "paul"))
	spec.KafkaCluster.TLS.CA.Text = stranger.PEM()
	is := begin(spec)
	is.after(t, kafkaPart, secrets{"password": "plainly"})
	is.has(t, kafkaPart, connection.Failed, connection.PhaseTLS, `its certificate is signed by "the brokers' authority", which is not trusted`)

	spec = c.at(kafka.SASLSSL, login(connection.Basic, "paul"))
	spec.KafkaCluster.BootstrapServers = strings.Replace(spec.KafkaCluster.BootstrapServers, "127.0.0.1", "localhost", 1)
	is = begin(spec)
	is.after(t, kafkaPart, secrets{"password": "plainly"})
	is.has(t, kafkaPart, connection.Failed, connection.PhaseTLS, "its certificate is for 127.0.0.1 and not for localhost")
}

func whatOneIsNotAllowed(t *testing.T, c *cluster) {
	_, err := c.admin.CreateTopic(t.Context(), 1, 1, nil, "orders")
	require.NoError(t, err)
	spec := c.at(kafka.SASLPlaintext, login(connection.Basic, "paul"))
	spec.KafkaCluster.Topics = []string{"orders"}
	is := begin(spec)
	is.after(t, kafkaPart, secrets{"password": "plainly"})
	is.has(t, kafkaPart, connection.Failed, connection.PhaseAuthorize, "topic orders: to describe it is not allowed")
	c.allow(t, "paul", "orders")
	is.until(t, kafkaPart, secrets{"password": "plainly"}, connection.Success)
	is.has(t, kafkaPart, connection.Success, "", "")
}

func aBrokerThatStops(t *testing.T, c *cluster) {
	spec := c.at(kafka.SASLPlaintext, login(connection.Basic, "paul"))
	is := begin(spec)
	is.after(t, kafkaPart, secrets{"password": "plainly"})
	is.has(t, kafkaPart, connection.Success, "", "")

	require.NoError(t, c.Pause())
	is.with(askWithin(t, time.Second, kafkaPart, spec, secrets{"password": "plainly"}))
	is.isLate(t, kafkaPart)
	require.NoError(t, c.Resume())
	is.until(t, kafkaPart, secrets{"password": "plainly"}, connection.Success) // it may have to come back into its cluster first
	is.has(t, kafkaPart, connection.Success, "", "")

	require.NoError(t, c.Stop())
	is.after(t, kafkaPart, secrets{"password": "plainly"})
	is.has(t, kafkaPart, connection.Failed, connection.PhaseConnect, "nothing listens there: the connection was refused")
}
