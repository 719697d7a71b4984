package charm

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"connectcharms/requirer-lib/hook"
)

// hosts is what Kubernetes writes into a StatefulSet's pod.
const hosts = `# Kubernetes-managed hosts file.
127.0.0.1	localhost
::1	localhost ip6-localhost ip6-loopback
10.244.0.17	connect-1.connect-endpoints.prod.svc.cluster.local	connect-1
`

func TestAPodIsFoundByTheNameThatOutlivesItsAddress(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ unit, hosts, address, found, listen string }{
		"in a pod":                   {"connect/1", hosts, "10.244.0.17", "connect-1.connect-endpoints.prod.svc.cluster.local", "0.0.0.0"},
		"another pod's name":         {"connect/11", hosts, "10.244.0.17", "10.244.0.17", "0.0.0.0"},
		"no name":                    {"connect/1", "127.0.0.1 localhost\n", "10.244.0.17", "10.244.0.17", "0.0.0.0"},
		"a model on one machine":     {"connect/1", hosts, "127.0.30.4", "127.0.30.4", "127.0.30.4"},
		"Juju knows no address, yet": {"connect/1", hosts, "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			require.NoError(t, os.Mkdir(filepath.Join(root, "etc"), 0o755))
			require.NoError(t, os.WriteFile(filepath.Join(root, "etc/hosts"), []byte(c.hosts), 0o600))
			network := hook.Network{Ingress: []string{"10.152.183.9"}} // the application's service: not the unit's own
			if c.address != "" {
				network.Bind = []string{c.address}
			}
			found, listen := onKubernetes{unit: c.unit, root: root}.addresses(network)
			assert.Equal(t, []string{c.found, c.listen}, []string{found, listen})
		})
	}
}

// Juju tells hooks of no containers. What it does tell is the machine, where there is one.
func TestAUnitWithoutAMachineIsInAPod(t *testing.T) {
	t.Parallel()
	assert.IsType(t, onKubernetes{}, placeOf(hook.Event{Unit: "connect/0"}))
	assert.IsType(t, onMachine{}, placeOf(hook.Event{Unit: "connect/0", MachineID: "0/lxd/1"}))
}

// A container may start long after the charm's own, as when its image is big, or go away at any time.
func TestNothingIsAskedOfAContainerThatIsNotThere(t *testing.T) {
	t.Parallel()
	w := settled(t)
	w.Runtime = Runtime{Waits: "the container kafka-connect"}
	w.Services = Services{Accounts: w.Services.Accounts, Started: w.Services.Started}
	w.Own.Ready, w.Own.Loaded = false, nil
	assert.Equal(t, SendReport{Report: w.Own}, next(w), "the others learn that it is not ready")
	w.Sent = w.Own.clone()
	assert.Nil(t, next(w))
	assert.Equal(t, hook.Status{Name: hook.Waiting, Message: "waiting for the container kafka-connect"}, status(w))
}

// What the services read is written down with their own paths, not with the charm's.
func TestTheCharmAndItsServicesSeeOneStorage(t *testing.T) {
	t.Parallel()
	at := newOnKubernetes(hook.Event{
		Unit: "connect/0", CharmDir: "/tmp/model/0/var/lib/juju/agents/unit-connect-0/charm",
	})
	charm, services := at.layouts()
	assert.Equal(t, "/tmp/model/0/var/lib/kafka-connect/gateway/accounts.json", charm.accountsFile())
	assert.Equal(t, "/tmp/model/0/charm/containers/kafka-connect/root/var/lib/kafka-connect/gateway/accounts.json", services.accountsFile())
}

func TestAPodThatGoesLeavesPluginsAndNoSecret(t *testing.T) {
	t.Parallel()
	at := onKubernetes{root: t.TempDir()}
	charm, _ := at.layouts()
	require.NoError(t, charm.make(os.Getgid()))
	for _, file := range []string{charm.accountsFile(), charm.propertiesFile(), charm.requestFile(), charm.leavingFile()} {
		require.NoError(t, os.WriteFile(file, nil, 0o600))
	}
	require.NoError(t, os.MkdirAll(charm.pluginsDir(), 0o755))
	require.NoError(t, at.clear())
	left, err := os.ReadDir(charm.data)
	require.NoError(t, err)
	require.Len(t, left, 1)
	assert.Equal(t, filepath.Base(charm.pluginsDir()), left[0].Name())
}

func TestTheMetadataOfKubernetesSayWhatTheCharmReliesOn(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../kubernetes/charmcraft.yaml")
	require.NoError(t, err)
	var metadata struct {
		Containers map[string]struct {
			Resource string
			Mounts   []struct{ Storage, Location string }
		}
		Storage map[string]struct{ Location string }
	}
	require.NoError(t, yaml.Unmarshal(text, &metadata))
	container := metadata.Containers[containerName]
	require.Len(t, container.Mounts, 1)
	assert.Equal(t, storageLocation, container.Mounts[0].Location, "in the container")
	assert.Equal(t, storageLocation, metadata.Storage[container.Mounts[0].Storage].Location, "in the charm's")
	assert.Equal(t, imageResource, container.Resource)
}
