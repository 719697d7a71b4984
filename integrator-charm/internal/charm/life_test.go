package charm_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/jujutest"
)

func TestScalingToOneUnitKeepsTheConnectors(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jujutest.DeployOptions{
		Units: 2, Config: map[string]any{"state": sole}, Resources: map[string]string{"plugin": tarball(t, "plugin")},
	})
	w.integrate()
	leader := w.Leader("integrator")
	other := w.other(leader)
	w.requires(leader, "active", "1 connector, 2 tasks running")
	w.requires(other, "active", "standby")
	assert.Equal(t, "http://"+w.address(leader)+":8080/api/v1/plugin", w.request()["plugin-url"])
	assert.Equal(t, "plugin", download(t, "http://"+w.address(other)+":8080/api/v1/plugin"), "every unit serves")
	before := w.address(leader)
	w.cluster.TakeWrites()

	require.NoError(t, w.RemoveUnit(leader))
	w.settle()
	assert.Empty(t, w.cluster.TakeWrites())
	w.requires(other, "active", "1 connector, 2 tasks running")
	assert.Equal(t, "http://"+w.address(other)+":8080/api/v1/plugin", w.request()["plugin-url"], "the new leader serves it now")
	_, err := http.Get("http://" + before + ":8080/api/v1/plugin")
	require.Error(t, err)

	_, err = w.AddUnit("integrator")
	require.NoError(t, err)
	w.settle()
	require.NoError(t, w.RemoveUnit(w.other(other)))
	w.settle()
	assert.Empty(t, w.cluster.TakeWrites())
}

func (w *world) other(unit string) string {
	units := w.Units("integrator")
	return units[1-slices.Index(units, unit)]
}

func (w *world) address(unit string) string {
	w.t.Helper()
	info, err := w.Unit(unit)
	require.NoError(w.t, err)
	return info.Address
}

func TestAWrongConfigurationChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jujutest.DeployOptions{Config: map[string]any{"state": sole}})
	w.integrate()
	w.cluster.TakeWrites()
	w.configure("connectors:\n- {name: lines, config: {connector.class: A}}\n- {name: lines, config: {connector.class: A}}\n")
	w.requires("integrator/0", "blocked", "config state: ")
	w.requires("integrator/0", "blocked", "(line 3, column 10)")
	assert.Empty(t, w.cluster.TakeWrites())
	assert.NotNil(t, w.cluster.Config(w.full("lines")))
	w.configure(sole)
	w.requires("integrator/0", "active", "1 connector")
	require.NoError(t, w.SetConfig("integrator", map[string]any{"plugin-url": "ftp://u:hunter2@h/p"}))
	w.settle()
	w.requires("integrator/0", "blocked", "config plugin-url:")
	assert.Equal(t, "NOT-REQUIRED", w.request()["plugin-url"])
}

func TestEachConnectorFailsAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jujutest.DeployOptions{})
	w.integrate()
	w.cluster.Refuse(w.full("b"), http.StatusBadRequest, "bad")
	w.configure("defaults: {config: {connector.class: FileStreamSource, tasks.max: 2}}\nconnectors: [{name: a}, {name: b}, {name: c}]")
	assert.Equal(t, []string{w.full("a"), w.full("c")}, w.cluster.Connectors())
	w.requires("integrator/0", "blocked", "connector b: create: ")
	w.cluster.Refuse(w.full("b"), 0, "")
	require.NoError(t, w.UpdateStatus("integrator/0"))
	w.settle()
	w.requires("integrator/0", "active", "3 connectors, 6 tasks running")
}

func TestAFailedTaskBlocksAndRecovers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jujutest.DeployOptions{Config: map[string]any{"state": "connectors: [{name: lines, restart: {attempts: 0}, config: {connector.class: FileStreamSource, password: hunter2}}]"}})
	w.integrate()
	w.cluster.Fail(w.full("lines"), "org.apache.kafka.connect.errors.ConnectException: no way, hunter2\n\tat Foo.java")
	require.NoError(t, w.UpdateStatus("integrator/0"))
	w.settle()
	w.requires("integrator/0", "blocked", "connector lines: task 0 FAILED: org.apache.kafka.connect.errors.ConnectException: no way, ***")
	w.cluster.Fail(w.full("lines"), "")
	require.NoError(t, w.UpdateStatus("integrator/0"))
	w.settle()
	w.requires("integrator/0", "active", "")
}

func TestAnAccountThatIsNotAcceptedYetIsWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jujutest.DeployOptions{Config: map[string]any{"state": sole}})
	w.mu.Lock()
	w.hold = true
	w.mu.Unlock()
	w.integrate()
	w.requires("integrator/0", "waiting", "provider: waiting for the provider: no endpoints, secret-user yet")
	w.mu.Lock()
	w.hold = false
	w.mu.Unlock()
	user := "relation-" + strconv.Itoa(w.id)
	granted := w.cluster.Password(user)
	w.cluster.SetPassword(user, "not yet")
	require.NoError(t, w.SetConfig("integrator", map[string]any{"plugin-url": "https://h/p"})) // an event for the provider
	w.settle()
	w.requires("integrator/0", "waiting", "401")
	w.cluster.SetPassword(user, granted)
	require.NoError(t, w.UpdateStatus("integrator/0"))
	w.settle()
	w.requires("integrator/0", "active", "1 connector")
}

func TestTheEndOfARelationIsTheProvidersToTidyUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jujutest.DeployOptions{Config: map[string]any{"state": sole}})
	w.integrate()
	require.NoError(t, w.client().Delete(t.Context(), w.full("lines")))
	w.cluster.TakeWrites()
	require.NoError(t, w.RemoveRelation("integrator", "provider"))
	w.settle()
	assert.Empty(t, w.cluster.TakeWrites(), "what the provider has deleted is not made again")
	w.requires("integrator/0", "blocked", "integrate connect-client with Kafka Connect")
	w.integrate()
	w.wrote("POST /connectors")
}

func TestOthersConnectorsAreLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jujutest.DeployOptions{})
	w.integrate()
	uuid := strings.ReplaceAll(w.UUID(), "-", "")
	foreign := []string{"lines", "lines_r1" + strconv.Itoa(w.id) + "_" + uuid, "lines_r" + strconv.Itoa(w.id) + "_" + strings.Repeat("0", 32)}
	for _, name := range foreign {
		_, err := w.client().Create(t.Context(), name, map[string]string{"connector.class": "FileStreamSource"}, "")
		require.NoError(t, err)
	}
	w.cluster.TakeWrites()
	w.configure(sole)
	w.configure("connectors: []")
	w.wrote("POST /connectors", "DELETE /connectors/lines*")
	assert.ElementsMatch(t, foreign, w.cluster.Connectors())
}

func TestAPluginServerThatDiedIsStartedByTheNextHook(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jujutest.DeployOptions{Resources: map[string]string{"plugin": tarball(t, "plugin")}})
	w.settle()
	unit, err := w.Unit("integrator/0")
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(unit.Root, "var/lib/integrator-0/plugin-server/pid"))
	require.NoError(t, err)
	number, err := strconv.Atoi(strings.Fields(string(text))[0])
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(number, syscall.SIGKILL))
	require.NoError(t, w.UpdateStatus("integrator/0"))
	w.settle()
	assert.Equal(t, "plugin", download(t, "http://"+unit.Address+":8080/api/v1/plugin"))
}

func TestAnEmptyResourceIsNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jujutest.DeployOptions{Resources: map[string]string{"plugin": tarball(t, "")}})
	w.integrate()
	assert.Equal(t, "NOT-REQUIRED", w.request()["plugin-url"])
}
