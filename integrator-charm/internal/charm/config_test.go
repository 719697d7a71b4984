package charm

import (
	"encoding/json"
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"

	"connectcharms/integrator-charm/internal/settings"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/secret"
)

// options are those of a charm that was just deployed, and others.
func options(others hook.Config) hook.Config {
	all := hook.Config{
		"plugin-port": json.Number("8080"), "connect-client-version": "v0", "interval": "1m", "drift": "repair", "manager-port": json.Number("0"),
	}
	maps.Copy(all, others)
	return all
}

func TestEachOptionThatIsWrongIsNamed(t *testing.T) {
	t.Parallel()
	for says, wrong := range map[string]hook.Config{
		"config state and config state-source are both set":   {"state": "x", "state-source": "https://h/s"},
		"config state-secrets: write NAME=URI":                {"state-secrets": "secret:abc"},
		"config state-secrets: irc is there twice":            {"state-secrets": "irc=secret:a irc=secret:b"},
		"config connection-secrets: write NAME=URI":           {"connection-secrets": "../x=secret:abc"},
		"config connection-secrets: irc is there twice":       {"connection-secrets": "irc=secret:a irc=secret:b"},
		`config interval is "soon"`:                           {"interval": "soon"},
		`config interval is "1ms"`:                            {"interval": "1ms"},
		`config drift is "mend"`:                              {"drift": "mend"},
		"config manager-port is 70000":                        {"manager-port": json.Number("70000")},
		"config manager-port and config plugin-port are both": {"manager-port": json.Number("8080")},
		"config manager-tokens is not set":                    {"manager-port": json.Number("8443")},
		"config control-secret is for config control-topic":   {"control-secret": "secret:a"},
		"config control-topic wants config control-secret":    {"control-topic": "connect-control"},
		"config plugin-port is 0":                             {"plugin-port": json.Number("0")},
		"config connect-client-version":                       {"connect-client-version": "v2"},
	} {
		config := readConfig(options(wrong))
		assert.Contains(t, config.State.Problem+config.ServeProblem+config.RequestProblem, says)
	}
	config := readConfig(options(hook.Config{"state-secrets": " irc=secret:a\n db=secret:b "}))
	assert.Equal(t, []NamedSecret{{"irc", "secret:a"}, {"db", "secret:b"}}, config.State.Secrets)
	assert.Empty(t, config.State.Problem+config.ServeProblem+config.RequestProblem)
}

func TestATokenIsKeptAsItsDigest(t *testing.T) {
	t.Parallel()
	token, problem := readToken("ada", secret.New("viewer, operator: open sesame"))
	assert.Empty(t, problem)
	assert.Equal(t, settings.Token{
		Name: "ada", SHA256: "41ef4bb0b23661e66301aac36066912dac037827b4ae63a7b1165a5aa93ed4eb",
		Roles: []settings.Role{settings.Viewer, settings.Operator},
	}, token)
	token, problem = readToken("lines", secret.New("connector=lines-*, connector = orders:open sesame"))
	assert.Empty(t, problem)
	assert.Equal(t, []settings.Role{settings.Connector}, token.Roles)
	assert.Equal(t, []string{"lines-*", "orders"}, token.Connectors)
	for _, wrong := range []string{
		"open sesame", "viewer:", "boss: open sesame", ": open sesame", "connector: open sesame", "connector=[a: open sesame", "operator=a: open sesame",
	} {
		_, problem := readToken("ada", secret.New(wrong))
		assert.Contains(t, problem, "config manager-tokens:", wrong)
		assert.NotContains(t, problem, "sesame")
	}
}

func TestHowTheControlTopicsKafkaIsReachedIsReadStrictly(t *testing.T) {
	t.Parallel()
	content := func(pairs ...string) hook.SecretContent {
		content := hook.SecretContent{}
		for i := 0; i < len(pairs); i += 2 {
			content[pairs[i]] = secret.New(pairs[i+1])
		}
		return content
	}
	var g Granted
	assert.Empty(t, g.takeControl(content("bootstrap-servers", "a:9093,b:9093", "username", "u", "password", "hunter2", "tls-ca", "PEM")))
	assert.Equal(t, ControlAccess{
		Brokers: []string{"a:9093", "b:9093"}, Username: "u", Password: secret.New("hunter2"), Mechanism: "SCRAM-SHA-512", TLS: true, CA: secret.New("PEM"),
	}, g.Control)
	for says, wrong := range map[string]hook.SecretContent{
		"wants the key bootstrap-servers":   content("tls", "true"),
		`a key "tsl"`:                       content("bootstrap-servers", "a:1", "tsl", "true"),
		"username and password go together": content("bootstrap-servers", "a:1", "username", "u"),
		"tls is neither true nor false":     content("bootstrap-servers", "a:1", "tls", "perhaps"),
		"tls-ca is there, and tls is false": content("bootstrap-servers", "a:1", "tls", "false", "tls-ca", "PEM"),
	} {
		problem := g.takeControl(wrong)
		assert.Contains(t, problem, "config control-secret: ")
		assert.Contains(t, problem, says)
		assert.NotContains(t, problem, "hunter2")
	}
}

func TestAStateFileThatIsWrongIsToldByItsPlace(t *testing.T) {
	t.Parallel()
	file := checkedState("config state", "connectors:\n  - name: a\n    pausedd: true\n    config: {connector.class: X}\n", "")
	assert.Equal(t, `config state: Cannot find field: pausedd in message com.massmutual.streaming.model.SPConnectorDefinition (line 3, column 5; did you mean "paused"?)`, file.Problem)
	assert.Empty(t, checkedState("config state", linesFile, "").Problem)
	assert.Contains(t, checkedState("config state", linesFile, "production").Problem, "production")
	assert.Contains(t, checkSource("state.yaml"), "no URL")
	assert.Empty(t, checkSource("https://h/state.yaml"))
}

func TestTheControlTopicBecomesASectionOfTheManagersWithItsSecretsInFiles(t *testing.T) {
	t.Parallel()
	w := inRest()
	assert.Nil(t, w.wantedControl(files{}))
	w.Config.Serve.ControlTopic = "connect-control.{connector}"
	w.Granted.Control = ControlAccess{
		Brokers: []string{"a:9093"}, Username: "u", Password: secret.New("hunter2"), Mechanism: settings.ScramSHA512, TLS: true, CA: secret.New("PEM"),
	}
	to := files{}
	assert.Equal(t, &settings.Control{
		Brokers: []string{"a:9093"}, Topic: "connect-control.{connector}", Username: "u", PasswordFile: "/data/manager/control/password",
		Mechanism: settings.ScramSHA512, TLS: true, CAFile: "/data/manager/control/ca.pem",
	}, w.wantedControl(to))
	assert.Equal(t, files{controlPassword: secret.New("hunter2"), controlCA: secret.New("PEM")}, to)

	w.take()
	w.Granted = Granted{ServeProblem: "config control-secret cannot be read"}
	kept := w.wantedManager()
	assert.Equal(t, w.Manager.Note, kept.note, "what cannot be read leaves it as it is")
}
