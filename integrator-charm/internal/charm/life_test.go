package charm_test

import (
	"maps"
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
		Units: 2, Config: map[string]any{"connectors": sole}, Resources: map[string]string{"plugin": tarball(t, "plugin")},
	})
	w.integrate()
	leader := w.Leader("integrator")
	other := w.other(leader)
	w.requires(leader, "active", "1 connector, 2 tasks running")
	w.requires(other, "active", "standby")
	assert.Equal(t, "http://"+w.address(leader)+":8080/api/v1/plugin", w.request()["plugin-url"])
	assert.Equal(t, "plugin", download(t, "http://"+w.address(other)+":8080/api/v1/plugin"), "every unit serves")
	before := w.address(leader)
	w.cluster.takeWrites()

	require.NoError(t, w.RemoveUnit(leader))
	w.settle()
	assert.Empty(t, w.cluster.takeWrites())
	w.requires(other, "active", "1 connector, 2 tasks running")
	assert.Equal(t, "http://"+w.address(other)+":8080/api/v1/plugin", w.request()["plugin-url"], "the new leader serves it now")
	_, err := http.Get("http://" + before + ":8080/api/v1/plugin")
	require.Error(t, err)

	_, err = w.AddUnit("integrator")
	require.NoError(t, err)
	w.settle()
	require.NoError(t, w.RemoveUnit(w.other(other)))
	w.settle()
	assert.Empty(t, w.cluster.takeWrites())
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
	w := newWorld(t, jujutest.DeployOptions{Config: map[string]any{"connectors": sole}})
	w.integrate()
	w.cluster.takeWrites()
	w.configure(sole + "\n" + sole)
	w.requires("integrator/0", "blocked", `config connectors: line 2: the text: "lines" is there already, in line 1`)
	assert.Empty(t, w.cluster.takeWrites())
	assert.NotNil(t, w.cluster.config(w.full("lines")))
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
	w.cluster.set(func(k *kafkaConnect) { k.refuse[w.full("b")] = http.StatusBadRequest })
	w.configure("a: {connector.class: X}\nb: {connector.class: X}\nc: {connector.class: X}\n")
	assert.ElementsMatch(t, []string{"POST " + w.full("a"), "POST " + w.full("c")}, w.cluster.takeWrites())
	w.requires("integrator/0", "blocked", "connector b: create: ")
	w.cluster.set(func(k *kafkaConnect) { k.refuse = nil })
	require.NoError(t, w.UpdateStatus("integrator/0"))
	w.settle()
	w.requires("integrator/0", "active", "3 connectors, 6 tasks running")
}

func TestAFailedTaskBlocksAndRecovers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jujutest.DeployOptions{Config: map[string]any{"connectors": "lines: {connector.class: X, password: hunter2}"}})
	w.cluster.set(func(k *kafkaConnect) { k.tasks = "FAILED" })
	w.integrate()
	w.requires("integrator/0", "blocked", "connector lines: task 1 FAILED: org.apache.kafka.connect.errors.ConnectException: no way, ***")
	w.cluster.set(func(k *kafkaConnect) { k.tasks = "RUNNING" })
	require.NoError(t, w.UpdateStatus("integrator/0"))
	w.settle()
	w.requires("integrator/0", "active", "")
}

func TestAnAccountThatIsNotAcceptedYetIsWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jujutest.DeployOptions{Config: map[string]any{"connectors": sole}})
	granted := w.cluster.password
	w.mu.Lock()
	w.hold = true
	w.mu.Unlock()
	w.integrate()
	w.requires("integrator/0", "waiting", "provider: waiting for the provider: no endpoints, secret-user yet")
	w.mu.Lock()
	w.hold = false
	w.mu.Unlock()
	w.cluster.set(func(k *kafkaConnect) { k.password = "not yet" })
	require.NoError(t, w.SetConfig("integrator", map[string]any{"plugin-url": "https://h/p"})) // an event for the provider
	w.settle()
	w.requires("integrator/0", "waiting", "401")
	w.cluster.set(func(k *kafkaConnect) { k.password = granted })
	require.NoError(t, w.UpdateStatus("integrator/0"))
	w.settle()
	w.requires("integrator/0", "active", "1 connector")
}

func TestTheEndOfARelationIsTheProvidersToTidyUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jujutest.DeployOptions{Config: map[string]any{"connectors": sole}})
	w.integrate()
	w.cluster.takeWrites()
	w.cluster.set(func(k *kafkaConnect) { clear(k.connectors) })
	require.NoError(t, w.RemoveRelation("integrator", "provider"))
	w.settle()
	assert.Empty(t, w.cluster.takeWrites(), "what the provider has deleted is not made again")
	w.requires("integrator/0", "blocked", "integrate connect-client with Kafka Connect")
	w.integrate()
	assert.Equal(t, []string{"POST " + w.full("lines")}, w.cluster.takeWrites())
}

func TestOthersConnectorsAreLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jujutest.DeployOptions{})
	w.integrate()
	uuid := strings.ReplaceAll(w.UUID(), "-", "")
	foreign := []string{"lines", "lines_r1" + strconv.Itoa(w.id) + "_" + uuid, "lines_r" + strconv.Itoa(w.id) + "_" + strings.Repeat("0", 32)}
	w.cluster.set(func(k *kafkaConnect) {
		for _, name := range foreign {
			k.connectors[name] = &running{map[string]string{"name": name}}
		}
	})
	w.configure(sole)
	w.configure("")
	assert.Equal(t, []string{"POST " + w.full("lines"), "DELETE " + w.full("lines")}, w.cluster.takeWrites())
	w.cluster.set(func(k *kafkaConnect) { assert.ElementsMatch(t, foreign, slices.Collect(maps.Keys(k.connectors))) })
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
