package charm_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/jujutest"
)

// grant makes a user secret that the integrator may read.
func (w *world) grant(name string, content map[string]string) (uri string) {
	w.t.Helper()
	uri, err := w.AddSecret(name, content)
	require.NoError(w.t, err)
	require.NoError(w.t, w.GrantSecret(uri, "integrator"))
	return uri
}

func TestOfThreeUnitsOneWorksAndAnotherTakesOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jujutest.DeployOptions{Units: 3, Config: map[string]any{"state": sole}})
	w.integrate()
	leader := w.Leader("integrator")
	w.wrote("POST /connectors")
	for _, unit := range w.Units("integrator") {
		if unit != leader {
			w.requires(unit, "active", "standby")
			assert.Equal(t, "failed", w.act(unit, "sync", nil).Status, "a standby changes nothing")
		}
	}
	next := w.Units("integrator")[(slices.Index(w.Units("integrator"), leader)+1)%3]
	require.NoError(t, w.SetLeader(next))
	w.settle()
	require.NoError(t, w.UpdateStatus())
	w.settle()
	w.requires(next, "active", "1 connector, 2 tasks running")
	w.requires(leader, "active", "standby")
	assert.Empty(t, w.cluster.TakeWrites(), "nothing is made anew")

	require.NoError(t, w.client().Delete(t.Context(), w.full("lines")))
	w.cluster.TakeWrites()
	w.told(next, "sync", nil, nil)
	w.wrote("POST /connectors")
	require.NoError(t, w.RemoveUnit(next))
	w.settle()
	require.NoError(t, w.UpdateStatus())
	w.settle()
	w.requires(w.Leader("integrator"), "active", "1 connector, 2 tasks running")
	assert.Empty(t, w.cluster.TakeWrites())
}

func TestTwoIntegratorsNeverTouchEachOthersConnectors(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jujutest.DeployOptions{Config: map[string]any{"state": sole}})
	w.integrate()
	dir, err := charmDir()
	require.NoError(t, err)
	require.NoError(t, w.Deploy("second", jujutest.FromDir(dir), jujutest.DeployOptions{Config: map[string]any{"state": sole}}))
	_, err = w.Integrate("second", "provider")
	require.NoError(t, err)
	w.settle()
	assert.Len(t, w.cluster.Connectors(), 2)
	w.configure("connectors: []")
	assert.Len(t, w.cluster.Connectors(), 1)
	assert.NotContains(t, w.cluster.Connectors(), w.full("lines"))
	require.NoError(t, w.UpdateStatus())
	w.settle()
	w.requires("second/0", "active", "1 connector, 2 tasks running")
}

func TestSecretsReachTheConnectorsAndNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jujutest.DeployOptions{Config: map[string]any{
		"state": "connectors: [{name: lines, config: {connector.class: FileStreamSource, pw: {secret: irc, key: password}}}]",
	}})
	uri, err := w.AddSecret("irc", map[string]string{"password": "hunter2-of-irc"})
	require.NoError(t, err)
	w.set(map[string]any{"state-secrets": "irc=" + uri})
	w.integrate()
	w.requires("integrator/0", "blocked", "config state-secrets cannot be read: juju grant-secret")
	require.NoError(t, w.GrantSecret(uri, "integrator"))
	require.NoError(t, w.UpdateStatus())
	w.settle()
	w.requires("integrator/0", "active", "1 connector")
	assert.Equal(t, "hunter2-of-irc", w.cluster.Config(w.full("lines"))["pw"])

	require.NoError(t, w.UpdateSecret(uri, map[string]string{"password": "hunter3-of-irc"}))
	w.settle()
	assert.Equal(t, "hunter3-of-irc", w.cluster.Config(w.full("lines"))["pw"], "who changes a secret changes the connector")
	var plan, listed any
	w.told("integrator/0", "plan", nil, &plan)
	w.told("integrator/0", "status", nil, &listed)
	w.requireHidden("hunter2-of-irc", "hunter3-of-irc", "pw-of-relation")
}

// requireHidden looks for secrets in all that people see: databags, logs, results, command lines, and files but the
// manager's own.
func (w *world) requireHidden(secrets ...string) {
	w.t.Helper()
	var shown strings.Builder
	for _, run := range w.HookLog() {
		shown.WriteString(run.Output)
	}
	shown.WriteString(w.Status())
	for _, unit := range w.Units("integrator") {
		text, err := w.ShowUnit(unit)
		require.NoError(w.t, err)
		shown.WriteString(text)
	}
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	require.NoError(w.t, err)
	for _, line := range lines {
		text, _ := os.ReadFile(line) // a process may be gone
		shown.Write(text)
	}
	for _, hidden := range secrets {
		assert.NotContains(w.t, shown.String(), hidden)
	}
	err = filepath.WalkDir(w.Dir(), func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil
		}
		text, _ := os.ReadFile(path)
		info, _ := entry.Info()
		for _, hidden := range secrets {
			if strings.Contains(string(text), hidden) && info != nil {
				assert.Regexp(w.t, `/manager/(secrets|clusters)/`, path)
				assert.Equal(w.t, os.FileMode(0o600), info.Mode().Perm(), path)
			}
		}
		return nil
	})
	require.NoError(w.t, err)
}

func TestTheAPIIsServedToWhoHasAToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jujutest.DeployOptions{Config: map[string]any{"state": sole}})
	w.integrate()
	tokens := w.grant("tokens", map[string]string{"ada": "viewer,operator: open sesame"})
	w.set(map[string]any{"manager-port": 8081, "manager-tokens": tokens})
	w.requires("integrator/0", "active", "1 connector")
	unit, err := w.Unit("integrator/0")
	require.NoError(t, err)
	assert.Equal(t, []string{"8081/tcp"}, unit.OpenPorts)
	ask := func(port, token string) (int, string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+unit.Address+":"+port+"/connectors/running", nil)
		require.NoError(t, err)
		request.Header.Set("Authorization", token)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return 0, ""
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return response.StatusCode, strings.TrimSpace(string(text))
	}
	code, names := ask("8081", "open sesame")
	assert.Equal(t, http.StatusOK, code)
	assert.JSONEq(t, `["lines"]`, names)
	code, _ = ask("8081", "open barley")
	assert.Equal(t, http.StatusUnauthorized, code)

	require.NoError(t, w.UpdateSecret(tokens, map[string]string{"ada": "viewer: open rye"}))
	w.settle()
	code, _ = ask("8081", "open sesame")
	assert.Equal(t, http.StatusUnauthorized, code, "a token that is changed is good for nothing")
	w.set(map[string]any{"manager-port": 8082})
	code, _ = ask("8082", "open rye")
	assert.Equal(t, http.StatusOK, code)
	w.set(map[string]any{"manager-port": 0})
	code, _ = ask("8082", "open rye")
	assert.Zero(t, code)
	unit, err = w.Unit("integrator/0")
	require.NoError(t, err)
	assert.Empty(t, unit.OpenPorts)
}

func TestAManagerThatIsKilledComesBackAndOneThatGoesLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jujutest.DeployOptions{Config: map[string]any{"state": sole}})
	w.integrate()
	unit, err := w.Unit("integrator/0")
	require.NoError(t, err)
	first := managers(t, unit.Root)
	require.Len(t, first, 1)
	process, err := os.FindProcess(first[0])
	require.NoError(t, err)
	require.NoError(t, process.Kill())
	require.Eventually(t, func() bool {
		now := managers(t, unit.Root)
		return len(now) == 1 && now[0] != first[0]
	}, time.Minute, 50*time.Millisecond, "Pebble starts it again")
	require.NoError(t, w.UpdateStatus())
	w.settle()
	w.requires("integrator/0", "active", "1 connector, 2 tasks running")

	require.NoError(t, w.RemoveUnit("integrator/0"))
	w.settle()
	assert.Empty(t, managers(t, unit.Root))
	assert.NoDirExists(t, filepath.Join(unit.Root, "var/lib/integrator-0"))
	assert.NotEmpty(t, w.cluster.Connectors(), "they are the application's")
}

// managers are the processes of managers of a unit, and of Pebbles.
func managers(t *testing.T, root string) (pids []int) {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	require.NoError(t, err)
	for _, line := range lines {
		text, _ := os.ReadFile(line) // a process may be gone
		if strings.Contains(string(text), root) && strings.Contains(string(text), "connect-manager\x00serve") {
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(line)))
			require.NoError(t, err)
			pids = append(pids, pid)
		}
	}
	return pids
}
