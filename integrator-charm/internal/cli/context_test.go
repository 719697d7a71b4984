package cli_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connecttest"
	"connectcharms/requirer-lib/secret"
)

// twoClusters has contexts a and b; b wants a password.
func twoClusters(t *testing.T) (*bench, *connecttest.Server) {
	t.Helper()
	b := newBench(t)
	other := connecttest.NewServer()
	t.Cleanup(other.Close)
	other.SetPassword("manager", "hunter2")
	delete(b.environ, "CONNECT_ENDPOINTS")
	b.write("password", "hunter2\n")
	b.write("state.yaml", "connectors:\n- name: lines\n  config: {connector.class: org.apache.kafka.connect.file.FileStreamSourceConnector, topic: t}\n")
	b.environ["CONNECT_MANAGER_CONFIG"] = b.write("config.yaml", "current-context: a\ncontexts:\n  a: {endpoints: ['"+b.server.URL()+"'], state: state.yaml}\n"+
		"  b: {endpoints: ['"+other.URL()+"'], username: manager, password-file: password, state: state.yaml}\n")
	return b, other
}

func TestSeveralClustersAreContexts(t *testing.T) {
	t.Parallel()
	b, other := twoClusters(t)
	state := filepath.Join(b.dir, "state.yaml")
	assert.Equal(t, "   NAME  ENDPOINTS               STATE\n*  a     "+b.server.URL()+"  "+state+"\n   b     "+other.URL()+"  "+state+"\n", b.ok("context", "list"))
	assert.Equal(t, "b\n", b.ok("context", "use", "b"))
	assert.Contains(t, b.ok("context", "show"), "b\n  endpoints:     "+other.URL())
	assert.NotContains(t, b.ok("context", "show", "-o", "json"), "hunter2")

	assert.Equal(t, "lines: added\n", b.ok("sync", "--context", "a"))
	assert.Equal(t, 5, b.run("sync", "--context", "a", "--all-contexts").code)
	assert.Equal(t, "b/lines: added\n", b.ok("sync", "--all-contexts"))
	assert.Equal(t, ""+
		"CONTEXT  NAME   STATE    TASKS  TYPE    CLASS\n"+
		"a        lines  RUNNING  1/1    source  FileStreamSourceConnector\n"+
		"b        lines  RUNNING  1/1    source  FileStreamSourceConnector\n", b.ok("list", "--all-contexts"))
	text, err := os.ReadFile(filepath.Join(b.dir, "config.yaml"))
	require.NoError(t, err)
	b.write("config.yaml", strings.ReplaceAll(string(text), other.URL(), "http://127.0.0.1:1")) // nobody listens
	left := b.run("list", "--all-contexts", "-o", "name", "--timeout", "5s")
	assert.Equal(t, "lines\n", left.out, "one cluster that is away does not hide the other")
	assert.NotEqual(t, 0, left.code)
	assert.Contains(t, left.err, "context b: ")
}

func TestAPasswordInAnAddressIsNotShown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.environ["CONNECT_ENDPOINTS"] = "http://manager:hunter2@127.0.0.1:1"
	b.environ["CONNECT_STATE"] = "https://manager:hunter2@127.0.0.1:1/state.yaml"
	b.environ["CONNECT_SERVER"] = "http://manager:hunter2@127.0.0.1:1"
	for _, args := range [][]string{{"context", "show"}, {"context", "show", "-o", "json"}, {"plan"}, {"validate"}, {"list"}, {"plans"}, {"history", "-v"}} {
		done := b.run(append(args, "--timeout", "100ms")...)
		assert.NotContains(t, done.out+done.err, "hunter2", args)
		assert.NotEmpty(t, done.out+done.err, args)
	}
}

func TestAPasswordIsAskedForWhereThereIsAPerson(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.server.SetPassword("manager", "hunter2")
	b.environ["CONNECT_USERNAME"] = "manager"
	none := b.run("list")
	assert.Equal(t, result{1, "", "connect-manager: context default: no password: name its file as password-file, or in CONNECT_PASSWORD_FILE\n"}, none)
	var question string
	b.program.AskSecret = func(_ context.Context, text string) (secret.Value, error) {
		question = text
		return secret.New("hunter2"), nil
	}
	b.ok("list")
	assert.Equal(t, "Password of manager on default: ", question)
}

func TestCompletionKnowsConnectorsAndContexts(t *testing.T) {
	t.Parallel()
	b, _ := twoClusters(t)
	b.create("lines", "orders")
	assert.Equal(t, "orders\n:4\n", b.ok("__complete", "pause", "lines", ""))
	assert.Equal(t, "a\nb\n:4\n", b.ok("__complete", "context", "use", ""))
	assert.Equal(t, "a\nb\n:4\n", b.ok("__complete", "list", "--context", ""))
	assert.Equal(t, ":4\n", b.ok("__complete", "--context", "b", "pause", ""))
	for _, shell := range []string{"bash", "zsh", "fish"} {
		assert.Contains(t, b.ok("completion", shell), "connect-manager", shell)
	}
	assert.Equal(t, 5, b.run("completion", "tcsh").code)
}

func TestWhatIsWrongOnTheCommandLineIsOneLineAndCodeFive(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for line, args := range map[string][]string{
		"connect-manager: there is no command \"lst\": did you mean list?\n":                     {"lst"},
		"connect-manager: there is no command \"gett\": did you mean get, set?\n":                {"offsets", "gett"},
		"connect-manager: unknown flag: --nonsense\n":                                            {"list", "--nonsense"},
		"connect-manager: -o \"xml\": want text, json or yaml\n":                                 {"list", "-o", "xml"},
		"connect-manager: want one state file, and no b\n":                                       {"plan", "a", "b"},
		"connect-manager: --for \"sleeping\": want running, paused, stopped, failed, gone\n":     {"wait", "a", "--for", "sleeping"},
		"connect-manager: -o name is for list\n":                                                 {"status", "a", "-o", "name"},
		"connect-manager: which connectors? Name some\n":                                         {"wait"},
		"connect-manager: no level \"LOUD\": want TRACE, DEBUG, INFO, WARN, ERROR, FATAL, OFF\n": {"loggers", "set", "root", "LOUD"},
	} {
		assert.Equal(t, result{5, "", line}, b.run(args...), args)
	}
}
