package state_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/state"
)

const seed = `{
  "connectors": [
    {
      "name": "wikipedia-irc",
      "owner": {
        "team": "streams",
        "email": "streams@example.org"
      },
      "pausedd": true,
      "config": {
        "connector.class": "IrcSource",
        "irc.channels": "#en.wikipedia,#fr.wikipedia"
      }
    }
  ]
}
`

func TestAnUnknownFieldIsToldInTheSeedsWords(t *testing.T) {
	t.Parallel()
	_, err := state.Parse([]byte(seed), state.Options{})
	require.EqualError(t, err, `Cannot find field: pausedd in message com.massmutual.streaming.model.SPConnectorDefinition (line 9, column 7; did you mean "paused"?)`)
	var problems state.Problems
	require.ErrorAs(t, err, &problems)
	assert.Equal(t, state.Problems{{
		Line: 9, Column: 7, Connector: "wikipedia-irc", Field: "pausedd", Nearest: "paused",
		Message: "Cannot find field: pausedd in message com.massmutual.streaming.model.SPConnectorDefinition",
	}}, problems)
}

const whole = `
manager: payments
defaults:
  owner: {team: data, email: data@example.org}
  labels: {tier: bronze}
  config: {tasks.max: 1, errors.tolerance: none}
  restart: {attempts: 3}
environments:
  production:
    defaults: {config: {errors.tolerance: all}}
    connectors:
      lines:
        state: stopped
        config: {file: /srv/lines.txt, note: null}
      other: null
connectors:
  - name: lines
    owner: {team: streams, chat: {env: CHAT}}
    paused: true
    config: {connector.class: FileStreamSource, file: /tmp/lines.txt, note: x, password: {secret: irc, key: password}}
    labels: {tier: gold, "n": 1.10}
    restart: {backoff: 1m30s}
    protected: true
    offsets: [{partition: {filename: /tmp/lines.txt}, offset: {position: 12345678901234567890, nested: [null, true]}}]
  - {name: other, config: {connector.class: X, tasks.max: 0x10}}
`

func TestDefaultsAndAnEnvironmentAreMergedByKey(t *testing.T) {
	t.Parallel()
	file, err := state.Parse([]byte(whole), state.Options{Environment: "production"})
	require.NoError(t, err)
	assert.Equal(t, "payments", file.Manager)
	require.Len(t, file.Connectors, 1)
	lines := file.Connectors[0]
	assert.Equal(t, map[string]state.Value{
		"connector.class": state.Text("FileStreamSource"), "file": state.Text("/srv/lines.txt"), "tasks.max": state.Text("1"),
		"errors.tolerance": state.Text("all"), "password": state.From(state.Reference{Secret: "irc", Key: "password"}),
	}, lines.Config)
	assert.Equal(t, connect.Stopped, lines.State)
	assert.Equal(t, state.Owner{Team: "streams", Email: "data@example.org", Chat: state.From(state.Reference{Env: "CHAT"})}, lines.Owner)
	assert.Equal(t, map[string]string{"tier": "gold", "n": "1.10"}, lines.Labels)
	assert.Equal(t, state.Restart{Attempts: 3, Backoff: 90 * time.Second, MaxBackoff: 10 * time.Minute, ResetAfter: time.Hour}, lines.Restart)
	assert.True(t, lines.Protected)
}
