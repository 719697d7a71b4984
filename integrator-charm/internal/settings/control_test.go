package settings_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/settings"
)

func TestTheTopicOfControlMessagesHasDefaults(t *testing.T) {
	t.Parallel()
	s, err := load(t, "serve: {control: {brokers: ['kafka:9093'], username: manager, password-file: p, tls: true, ca-file: /ca.pem}}")
	require.NoError(t, err)
	assert.Equal(t, &settings.Control{
		Brokers: []string{"kafka:9093"}, Topic: "connect-control", Group: "connect-manager", DeadLetterTopic: "connect-control-dead-letters",
		Username: "manager", PasswordFile: filepath.Join(filepath.Dir(s.Path), "p"), Mechanism: settings.ScramSHA512, TLS: true, CAFile: "/ca.pem",
	}, s.Serve.Control)
	s, err = load(t, "serve: {listen: none}")
	require.NoError(t, err)
	assert.Nil(t, s.Serve.Control)
}

func TestATopicThatCannotBeReadIsTold(t *testing.T) {
	t.Parallel()
	const brokers = "brokers: ['kafka:9093'], "
	for text, want := range map[string]string{
		"{}":                                    "there are no brokers: want some of the cluster's, host:port",
		"{brokers: [kafka]}":                    "want host:port",
		"{" + brokers + "topc: a}":              "cannot find field topc (there are: brokers, topic, group, dead-letter-topic, username, password-file, mechanism, tls, ca-file, context)",
		"{" + brokers + "topic: 'a b'}":         "want a topic's name; {connector} may stand in it for the connector's",
		"{" + brokers + "topic: '{connector}'}": "want more than {connector}: it would be every topic there is",
		"{" + brokers + "topic: '{connector}-{connector}'}":                             "want a topic's name; {connector} may stand in it for the connector's",
		"{" + brokers + "dead-letter-topic: connect-control}":                           "it is one of the topics that are read: want another one",
		"{" + brokers + "topic: 'connect-{connector}'}":                                 "it is one of the topics that are read: want another one",
		"{" + brokers + "context: elsewhere}":                                           "there is no context of this name",
		"{" + brokers + "password-file: p}":                                             "whose password? There is no username",
		"{" + brokers + "username: a}":                                                  "there is no password-file",
		"{" + brokers + "username: a, password-file: p, mechanism: GSSAPI}":             "want SCRAM-SHA-512, SCRAM-SHA-256 or PLAIN",
		"{" + brokers + "username: a, password-file: p, mechanism: PLAIN}":              "PLAIN without tls would send the password in clear: want tls: true, or another mechanism",
		"{brokers: ['127.0.0.1:1'], username: a, password-file: p, mechanism: PLAIN}":   "",
		"{" + brokers + "ca-file: ca.pem}":                                              "want tls: true with it",
		"{" + brokers + "topic: 'connect-control.{connector}', tls: true, context: me}": "",
	} {
		_, err := load(t, "contexts: {me: {endpoints: ['http://a:1']}}\nserve:\n  control: "+text+"\n")
		if want == "" {
			assert.NoError(t, err, text)
			continue
		}
		problems := settings.Problems{}
		require.ErrorAs(t, err, &problems, text)
		require.Len(t, problems.All, 1, text)
		assert.Equal(t, want, problems.All[0].Message)
		assert.Equal(t, 3, problems.All[0].Line)
	}
}
