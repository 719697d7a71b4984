package state_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/connecttest"
	"connectcharms/requirer-lib/secret"
	"connectcharms/requirer-lib/state"
)

// found is a connector as a cluster shows it.
func found(is connect.State, config connect.Settings) connectors.Found {
	return connectors.Found{Config: config, Status: connect.Status{Connector: connect.ConnectorState{State: is}}}
}

func TestConnectorsThatThereAreBecomeAFileWithoutSecrets(t *testing.T) {
	t.Parallel()
	there := map[string]connectors.Found{
		"b-paused":  found(connect.Paused, connect.Settings{"connector.class": "X", "version": "1.10", "on": "true", "file": ""}),
		"c-stopped": found(connect.Stopped, connect.Settings{"connector.class": "X"}),
		"d-failed":  found(connect.Failed, connect.Settings{"connector.class": "X"}),
		"a": found(connect.Running, connect.Settings{
			"connector.class": "Irc", "db.password": "hunter2", "declared": "hunter3", "noted": "hunter4",
			"url": "jdbc:x://joe:hunter5@db/", "theirs.password": "${file:/p:k}", "empty.password": "", "odd/password": "hunter6", "odd password": "hunter7",
			"name": "a", "connect.manager": "somebody", "tasks.max": "3",
		}),
		"a/b": found(connect.Running, connect.Settings{"connector.class": "X"}),
		"old": found(connect.Running, connect.Settings{}),
	}
	a := there["a"]
	a.Secret, a.Protected = []string{"noted"}, true
	there["a"] = a
	exported := state.Existing(there, state.ExistingOptions{
		Manager: "payments", IsPassword: func(class, key string) bool { return class == "Irc" && key == "declared" },
	})
	written, err := exported.File.Export(state.YAML)
	require.NoError(t, err)
	assert.Equal(t, strings.TrimPrefix(`
manager: payments
connectors:
- name: a
  config:
    connector.class: Irc
    db.password: {secret: a, key: db.password}
    declared: {secret: a, key: declared}
    empty.password: ""
    noted: {secret: a, key: noted}
    odd password: {secret: a, key: odd_password}
    odd/password: {secret: a, key: odd_password_}
    tasks.max: 3
    theirs.password: "${file:/p:k}"
    url: {secret: a, key: url}
  protected: true
- name: b-paused
  state: paused
  config:
    connector.class: X
    file: ""
    "on": true
    version: "1.10"
- name: c-stopped
  state: stopped
  config:
    connector.class: X
- name: d-failed
  config:
    connector.class: X
`, "\n"), strings.ReplaceAll(string(written), `"odd password"`, "odd password"))
	assert.Equal(t, secret.New("hunter7"), exported.Secrets[state.Reference{Secret: "a", Key: "odd_password"}])
	assert.Equal(t, secret.New("hunter6"), exported.Secrets[state.Reference{Secret: "a", Key: "odd_password_"}])
	require.ErrorIs(t, exported.LeftOut["a/b"], connect.ErrIllegalName)
	require.ErrorContains(t, exported.LeftOut["old"], "no connector.class")
}

// TestWhatIsExportedIsWhatThereIs reads the file again, and resolves its references with the secrets that came with it.
func TestWhatIsExportedIsWhatThereIs(t *testing.T) {
	t.Parallel()
	config := connect.Settings{
		"connector.class": "X", "a.password": "hunter2\n", "number": "1.10", "yes": "yes", "null": "null", "lines": "a\nb\n\n", "blanks": "  a  ",
		"colon": "a: b # c", "quote": `"'\`, "nel": "a\u0085b\u2028c\ufeff", "emoji": "😀", "control": "a\x01\x7f\u009fb", "dash": "- a", "star": "*a",
		"template": "{{a}}", "day": "2024-01-02", "huge": strings.Repeat("a, ", 1000), "tab": "a\tb", "hex": "0x10", "minus": "-0", "plus": "+1", "~": "~",
	}
	exported := state.Existing(map[string]connectors.Found{"a": found(connect.Paused, config)}, state.ExistingOptions{})
	for _, format := range []state.Format{state.YAML, state.JSON} {
		written, err := exported.File.Export(format)
		require.NoError(t, err)
		assert.NotContains(t, string(written), "hunter2")
		file, err := state.Parse(written, state.Options{})
		require.NoError(t, err, "%s", written)
		assert.Equal(t, exported.File.Connectors, file.Connectors)
		secrets := fixed{}
		for reference, value := range exported.Secrets {
			secrets[reference.Secret+"/"+reference.Key] = value.Reveal()
		}
		desired, err := file.Desired(secrets)
		require.NoError(t, err)
		assert.Equal(t, map[string]string(config), map[string]string(desired["a"].Config))
	}
}

func TestNothingThatThereIsIsAFileOfNoConnectors(t *testing.T) {
	t.Parallel()
	for format, want := range map[state.Format]string{state.YAML: "connectors: []\n", state.JSON: "{\n  \"connectors\": []\n}\n"} {
		written, err := state.Existing(nil, state.ExistingOptions{}).File.Export(format)
		require.NoError(t, err)
		assert.Equal(t, want, string(written))
		_, err = state.Parse(written, state.Options{})
		require.NoError(t, err)
	}
}

func TestWhatPluginsDeclareToBePasswordsIsAsked(t *testing.T) {
	t.Parallel()
	server := connecttest.NewServer()
	t.Cleanup(server.Close)
	server.AddPlugin("org.example.IrcConnector", connect.Source, connect.FieldDefinition{Name: "pin", Type: "PASSWORD"}, connect.FieldDefinition{Name: "channel", Type: "STRING"})
	client, err := connect.New(connect.Config{Endpoints: []string{server.URL()}})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	there := map[string]connectors.Found{}
	for name, class := range map[string]string{"a": "org.example.IrcConnector", "b": "org.example.IrcConnector", "c": "Irc", "d": "no.such.Class", "e": "no class"} {
		there[name] = found(connect.Running, connect.Settings{"connector.class": class, "pin": "1234", "channel": "#x"})
	}
	isPassword, err := state.DeclaredPasswords(t.Context(), client, there)
	require.NoError(t, err)
	assert.True(t, isPassword("org.example.IrcConnector", "pin"))
	assert.True(t, isPassword("Irc", "pin"))
	assert.False(t, isPassword("Irc", "channel"))
	assert.False(t, isPassword("no.such.Class", "pin"))
	exported := state.Existing(there, state.ExistingOptions{IsPassword: isPassword})
	assert.Equal(t, state.From(state.Reference{Secret: "c", Key: "pin"}), exported.File.Connectors[2].Config["pin"])

	server.SetPassword("somebody", "else")
	_, err = state.DeclaredPasswords(t.Context(), client, there)
	require.ErrorIs(t, err, connect.ErrUnauthorized)
}
