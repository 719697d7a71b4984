package brokers_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/brokers"
	"connectcharms/requirer-lib/secret"
)

func scram(password string) brokers.Access {
	return brokers.Access{
		Servers: []string{"b1:9092", "b2:9092"}, Mechanism: brokers.SCRAM512, Username: "alice", Password: secret.New(password),
	}
}

func TestServersAreHostAndPort(t *testing.T) {
	t.Parallel()
	servers, err := brokers.ParseServers(" b1:9092, [fd00::1]:9093 ,,")
	require.NoError(t, err)
	assert.Equal(t, []string{"b1:9092", "[fd00::1]:9093"}, servers)
	for _, wrong := range []string{"b1", "b1:", "b1:0", "b1:65536", ":9092", "http://b1:9092", "b1:9092/x", "user@b1:9092", "b 1:9092", "fd00::1:9092"} {
		_, err := brokers.ParseServers("b0:1," + wrong)
		assert.ErrorContains(t, err, "is not host:port", wrong)
	}
}

func TestWhatCannotBeIsNamedWithoutThePassword(t *testing.T) {
	t.Parallel()
	require.NoError(t, brokers.Access{Servers: []string{"b:1"}}.Validate())
	require.NoError(t, scram("hunter2").Validate())
	for want, change := range map[string]func(*brokers.Access){
		"no username": func(a *brokers.Access) { a.Username = "" },
		"no password": func(a *brokers.Access) { a.Password = secret.Value{} },
		"the password holds a control character, as a line's end is":         func(a *brokers.Access) { a.Password = secret.New("hunter2\n") },
		"the username holds a control character, as a line's end is":         func(a *brokers.Access) { a.Username = "a\x00b" },
		"a user without a mechanism":                                         func(a *brokers.Access) { a.Mechanism = "" },
		`sasl-mechanism "GSSAPI": use SCRAM-SHA-512, SCRAM-SHA-256 or PLAIN`: func(a *brokers.Access) { a.Mechanism = "GSSAPI" },
		"tls-ca holds no certificate in PEM":                                 func(a *brokers.Access) { a.TLS, a.CA = true, "x" },
	} {
		access := scram("hunter2")
		change(&access)
		assert.EqualError(t, access.Validate(), want)
	}
}

func TestEveryClientOfAWorkerLogsInTheSameWay(t *testing.T) {
	t.Parallel()
	access := scram("p")
	access.TLS, access.CA = true, "-----BEGIN CERTIFICATE-----\n"
	properties := access.Properties()
	assert.Equal(t, "b1:9092,b2:9092", properties["bootstrap.servers"])
	for _, prefix := range brokers.Prefixes {
		assert.Equal(t, "SASL_SSL", properties[prefix+"security.protocol"], prefix)
		assert.Equal(t, "SCRAM-SHA-512", properties[prefix+"sasl.mechanism"], prefix)
		assert.Equal(t, "PEM", properties[prefix+"ssl.truststore.type"], prefix)
		assert.Equal(t, access.CA, properties[prefix+"ssl.truststore.certificates"], prefix)
		assert.Equal(t, `org.apache.kafka.common.security.scram.ScramLoginModule required username="alice" password="p";`,
			properties[prefix+"sasl.jaas.config"], prefix)
	}
	plaintext := brokers.Access{Servers: []string{"b:1"}}.Properties()
	assert.Equal(t, "PLAINTEXT", plaintext["producer.security.protocol"])
	assert.NotContains(t, plaintext, "sasl.jaas.config")
}

// TestNoPasswordBreaksOutOfItsQuotes covers what ends a text, a line or an entry of JAAS, and references to configuration
// providers. That brokers then still accept such a password is tested end to end.
func TestNoPasswordBreaksOutOfItsQuotes(t *testing.T) {
	t.Parallel()
	access := scram(`a";b\c'${file:/etc/passwd:root}é😀`)
	assert.Equal(t, `org.apache.kafka.common.security.scram.ScramLoginModule required username="alice" `+
		`password="a\042\073b\134c\047\044\173file\072\057etc\057passwd\072root\175\351😀";`, access.Properties()["sasl.jaas.config"])
}
