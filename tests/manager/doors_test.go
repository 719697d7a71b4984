package manager_test

import (
	"encoding/json"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connectors"
	"connectcharms/tests/manager/walkthrough"
)

func theWalkThrough(t *testing.T, h *house) {
	for name, open := range map[string]func(*stage) walkthrough.Door{"HTTP": openHTTP, "CLI": openCLI} {
		t.Run(name, func(t *testing.T) { walkthrough.Tell(t, open(h.stage(t))) }) // one after the other: both have the same connectors
	}
}

// byHTTP asks the daemon, whose state file is in a git remote.
type byHTTP struct {
	*stage
	clone string
}

func openHTTP(s *stage) walkthrough.Door {
	s.t.Helper()
	remote := filepath.Join(s.dir, "remote.git")
	door := byHTTP{s, filepath.Join(s.dir, "clone")}
	door.git(s.dir, "init", "--quiet", "--bare", "--initial-branch=develop", remote)
	door.git(s.dir, "clone", "--quiet", remote, door.clone)
	door.git(door.clone, "checkout", "--quiet", "-B", "develop")
	door.SetState(s.t, "connectors: []\n", "begin")
	s.configure("interval: 1h", "walk: {endpoints: ['"+s.worker.URL()+"'], state: 'git+file://"+remote+"//state/connector/state.json?ref=develop'}")
	s.begin()
	return door
}

func (d byHTTP) git(dir string, args ...string) {
	d.t.Helper()
	command := exec.CommandContext(d.t.Context(), "git", args...)
	command.Dir = dir
	command.Env = append(command.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null",
		"GIT_AUTHOR_NAME=ada", "GIT_AUTHOR_EMAIL=ada@example.org", "GIT_COMMITTER_NAME=ada", "GIT_COMMITTER_EMAIL=ada@example.org")
	said, err := command.CombinedOutput()
	require.NoError(d.t, err, "git %s: %s", strings.Join(args, " "), said)
}

func (d byHTTP) SetState(t *testing.T, text, why string) {
	t.Helper()
	d.write("clone/state/connector/state.json", text)
	d.git(d.clone, "add", "state/connector/state.json")
	d.git(d.clone, "commit", "--quiet", "--allow-empty", "-m", why)
	d.git(d.clone, "push", "--quiet", "origin", "develop")
}

func (d byHTTP) Sync(t *testing.T) (summary connectors.Summary) {
	t.Helper()
	status, body := d.ask(http.MethodPost, "/connectors/sync")
	require.Equal(t, http.StatusOK, status, body)
	require.NoError(t, json.Unmarshal([]byte(body), &summary))
	return summary
}

// List is in the order of the state file, word for word as in the walk-through.
func (d byHTTP) List(t *testing.T, state string) (names []string) {
	t.Helper()
	status, body := d.ask(http.MethodGet, "/connectors/"+state)
	require.Equal(t, http.StatusOK, status, body)
	require.NoError(t, json.Unmarshal([]byte(body), &names))
	if len(names) == len(walkthrough.Connectors) {
		assert.Equal(t, `["replicate-topic","elasticsearch-ksqldb","wikipedia-irc"]`+"\n", body)
	}
	return names
}

func (d byHTTP) Validate(t *testing.T) (valid bool, message string) {
	t.Helper()
	status, body := d.ask(http.MethodGet, "/validate")
	require.Contains(t, []int{http.StatusOK, http.StatusBadRequest}, status, body)
	return status == http.StatusOK, body
}

// byCLI has a local state file.
type byCLI struct{ *stage }

func openCLI(s *stage) walkthrough.Door {
	s.t.Helper()
	s.configure("interval: 1h", "walk: {endpoints: ['"+s.worker.URL()+"'], state: state.json}")
	return byCLI{s}
}

func (d byCLI) SetState(t *testing.T, text, _ string) {
	t.Helper()
	d.write("state.json", text)
}

func (d byCLI) Sync(t *testing.T) (summary connectors.Summary) {
	t.Helper()
	out, err := d.command("sync", "-o", "json").Output()
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(out, &summary))
	return summary
}

func (d byCLI) List(t *testing.T, state string) []string {
	t.Helper()
	out, err := d.command("list", state, "-o", "name").Output()
	require.NoError(t, err)
	return strings.Fields(string(out))
}

func (d byCLI) Validate(t *testing.T) (valid bool, message string) {
	t.Helper()
	out, err := d.command("validate").CombinedOutput()
	return err == nil, string(out)
}
