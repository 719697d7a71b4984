package settings_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/settings"
)

const whole = `# Ours.
current-context: staging
contexts:
  staging:
    endpoints: [http://connect-0:8083, http://connect-1:8083]
    username: manager
    password-file: staging.password
    state: github://streams/state/connectors.yaml?ref=develop
    environment: staging
  production:
    endpoints: [https://connect:8083]
    ca-file: /etc/ca.pem
    name-suffix: -relation-7
    state: state.yaml
    secrets-dir: secrets
serve:
  active: false
  contexts: [production]
  listen: 0.0.0.0:9000
  socket: run/manager.socket
  data: /var/lib/manager
  tls: {cert-file: tls.crt, key-file: tls.key}
  interval: 30s
  drift: report
  tokens:
  - {name: ci, sha256: 41ef4bb0b23661e66301aac36066912dac037827b4ae63a7b1165a5aa93ed4eb, roles: [viewer, operator]}
`

func load(t *testing.T, text string, environment ...string) (*settings.Settings, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return settings.Load(path, environ(environment...))
}

func environ(variables ...string) settings.Environ {
	return func(name string) (string, bool) {
		for _, variable := range variables {
			if key, value, _ := strings.Cut(variable, "="); key == name {
				return value, true
			}
		}
		return "", false
	}
}

func TestTheFileIsReadWhole(t *testing.T) {
	t.Parallel()
	s, err := load(t, whole)
	require.NoError(t, err)
	assert.Equal(t, []string{"production", "staging"}, s.Names())
	directory := filepath.Dir(s.Path)

	staging, err := s.Context("")
	require.NoError(t, err)
	assert.Equal(t, settings.Context{
		Name: "staging", Endpoints: []string{"http://connect-0:8083", "http://connect-1:8083"}, Username: "manager",
		PasswordFile: filepath.Join(directory, "staging.password"),
		State:        "github://streams/state/connectors.yaml?ref=develop", Environment: "staging",
	}, staging)

	production, err := s.Context("production")
	require.NoError(t, err)
	assert.Equal(t, "/etc/ca.pem", production.CAFile, "an absolute path stays")
	assert.Equal(t, filepath.Join(directory, "state.yaml"), production.State)
	assert.Equal(t, filepath.Join(directory, "secrets"), production.SecretsDir)

	served, err := s.Served()
	require.NoError(t, err)
	assert.Equal(t, []settings.Context{production}, served)
	assert.False(t, s.Serve.Active)
	assert.Equal(t, 30*time.Second, s.Serve.Interval)
	assert.Equal(t, settings.Report, s.Serve.Drift)
	assert.Equal(t, filepath.Join(directory, "run/manager.socket"), s.Serve.Socket)
}

func TestWithoutAFileTheEnvironmentIsAllThereIs(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	s, err := settings.Load("", environ("HOME="+home, "CONNECT_ENDPOINTS=http://a:8083, http://b:8083", "CONNECT_STATE=state.yaml"))
	require.NoError(t, err)
	context, err := s.Context("")
	require.NoError(t, err)
	assert.Equal(t, settings.Context{Name: "default", Endpoints: []string{"http://a:8083", "http://b:8083"}, State: "state.yaml"}, context)
	assert.Equal(t, settings.DefaultListen, s.Serve.Listen)
	assert.Equal(t, settings.DefaultInterval, s.Serve.Interval)
	assert.Equal(t, settings.Repair, s.Serve.Drift)
	assert.True(t, s.Serve.Active)
	assert.Equal(t, filepath.Join(home, ".config/connect-manager/config.yaml"), s.Path)
}

func TestAFileThatIsNamedHasToBeThere(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "none.yaml")
	_, err := settings.Load(missing, environ())
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = settings.Load("", environ("CONNECT_MANAGER_CONFIG="+missing))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestTheEnvironmentWinsOverTheCurrentContextOnly(t *testing.T) {
	t.Parallel()
	s, err := load(t, whole, "CONNECT_CONTEXT=production", "CONNECT_ENDPOINTS=http://elsewhere:8083", "CONNECT_ENVIRONMENT=")
	require.NoError(t, err)
	current, err := s.Context("")
	require.NoError(t, err)
	assert.Equal(t, "production", current.Name)
	assert.Equal(t, []string{"http://elsewhere:8083"}, current.Endpoints)
	named, err := s.Context("production")
	require.NoError(t, err)
	assert.Equal(t, []string{"https://connect:8083"}, named.Endpoints)
}

func TestAContextHasToBeChosenWhereThereAreSeveral(t *testing.T) {
	t.Parallel()
	s, err := load(t, "contexts: {a: {}, b: {}}\n")
	require.NoError(t, err)
	_, err = s.Context("")
	require.EqualError(t, err, "which cluster? Name a context: a, b")
	_, err = s.Context("c")
	require.EqualError(t, err, `there is no context "c": `+s.Path+" has a, b")
	s, err = load(t, "contexts: {a: {}}\n")
	require.NoError(t, err)
	assert.Equal(t, "a", s.Current())
}

func TestAllProblemsAreToldWithTheirLines(t *testing.T) {
	t.Parallel()
	_, err := load(t, `current-context: nowhere
contexts:
  "b c": {}
  a:
    endpoint: http://a
    endpoints: [connect:8083, https://u:hunter2@b, http://c]
    password-file: p
serve:
  contexts: [b]
  interval: soon
  drift: never
  listen: "8080"
  tls: {cert-file: x}
  tokens:
  - {sha256: 12, roles: [owner]}
  - {name: x, sha256: 41ef4bb0b23661e66301aac36066912dac037827b4ae63a7b1165a5aa93ed4eb}
  - {name: y, sha256: 41ef4bb0b23661e66301aac36066912dac037827b4ae63a7b1165a5aa93ed4eb, roles: [connector]}
  - {name: z, sha256: 41ef4bb0b23661e66301aac36066912dac037827b4ae63a7b1165a5aa93ed4eb, roles: [viewer], connectors: [a]}
  - {name: u, sha256: 41ef4bb0b23661e66301aac36066912dac037827b4ae63a7b1165a5aa93ed4eb, roles: [connector], connectors: ["", "[a"], contexts: [c]}
`)
	var problems settings.Problems
	require.ErrorAs(t, err, &problems)
	var told []string
	for _, problem := range problems.All {
		told = append(told, problem.Error())
	}
	assert.Equal(t, []string{
		"line 1, column 18: there is no context of this name",
		"line 3, column 10: want letters, digits, dots, dashes and underscores for a context's name",
		"line 5, column 5: cannot find field endpoint (there are: endpoints, username, password-file, ca-file, name-suffix, state, " +
			"environment, secrets-dir, worker-secrets, server, token-file, server-ca-file)",
		"line 6, column 17: want an address such as http://connect:8083",
		"line 6, column 31: leave name and password out of the address: username and password-file are for them",
		"line 6, column 16: want all of them http, or all https",
		"line 7, column 20: whose password? There is no username",
		"line 9, column 14: there is no context of this name",
		"line 10, column 13: cannot construct !!str this into time.Duration",
		"line 11, column 10: want repair or report",
		"line 12, column 11: want host:port, or none",
		"line 13, column 8: want cert-file and key-file",
		"line 15, column 5: the token has no name: history tells by it who did what",
		"line 15, column 14: want the token's SHA-256 in hex: printf %s TOKEN | sha256sum",
		"line 15, column 26: want viewer, operator, approver or connector",
		"line 16, column 5: the token has no roles: viewer, operator, approver, connector",
		"line 17, column 5: the token has the role connector: say as connectors for which ones, as patterns",
		"line 18, column 118: connectors are for the role connector, which this token has not",
		"line 19, column 122: want a name, or a pattern such as orders-*",
		"line 19, column 126: want a name, or a pattern such as orders-*",
		"line 19, column 144: there is no context of this name",
	}, told)
	assert.NotContains(t, err.Error(), "hunter2")
}

func TestWhatIsNotOneMappingIsRefused(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a key twice":       "contexts: {}\ncontexts: {}\n",
		"two documents":     "contexts: {}\n---\ncontexts: {}\n",
		"a list":            "- contexts\n",
		"no YAML":           "contexts: [",
		"a password alone":  "*hunter2",
		"aliases that grow": "x: &a [1]\ncontexts: *a\n",
	} {
		_, err := load(t, text)
		assert.Error(t, err, name)
		if err != nil {
			assert.NotContains(t, err.Error(), "hunter2", name)
		}
	}
	for name, text := range map[string]string{"nothing": "", "a comment": "# nothing\n", "a marker": "---\n"} {
		_, err := load(t, text)
		assert.NoError(t, err, name)
	}
	_, err := load(t, "# "+strings.Repeat("x", 1<<20))
	assert.ErrorContains(t, err, "at most")
}

func TestTheCurrentContextIsWrittenAndTheRestStays(t *testing.T) {
	t.Parallel()
	s, err := load(t, whole)
	require.NoError(t, err)
	require.NoError(t, s.SetCurrent("production"))
	text, err := os.ReadFile(s.Path)
	require.NoError(t, err)
	assert.Equal(t, strings.Replace(whole, "current-context: staging", "current-context: production", 1), string(text))

	s, err = load(t, "# Mine.\ncontexts: # all\n  a: {}\n  b: {}\n")
	require.NoError(t, err)
	require.NoError(t, s.SetCurrent("b"))
	text, err = os.ReadFile(s.Path)
	require.NoError(t, err)
	assert.Equal(t, "# Mine.\ncurrent-context: b\ncontexts: # all\n  a: {}\n  b: {}\n", string(text))
	require.Error(t, s.SetCurrent("c"))

	s, err = load(t, "{contexts: {a: {}}}")
	require.NoError(t, err)
	require.ErrorContains(t, s.SetCurrent("a"), `write "current-context: a" into it`)
}

func FuzzLoad(f *testing.F) {
	f.Add(whole)
	f.Add("contexts: {a: {endpoints: [1]}}")
	f.Add("serve: {tokens: [{}]}")
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(t.TempDir(), "config.yaml")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		s, err := settings.Load(path, environ())
		if err == nil {
			_, _ = s.Served()
		}
	})
}
