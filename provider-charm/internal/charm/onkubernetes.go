package charm

import (
	"context"
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"connectcharms/provider-charm/internal/distribution"
	"connectcharms/provider-charm/internal/jmxexporter"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/supervisor"
)

// What kubernetes/charmcraft.yaml and the image say, with which this has to agree.
const (
	containerName   = "kafka-connect"
	storageLocation = "/var/lib/kafka-connect" // of the storage, in both containers
	imageResource   = "kafka-connect-image"
	imageKafka      = "/opt/kafka" // in the image
)

// onKubernetes is a unit in a pod: the charm in one container, Pebble and the services in another, whose image brings Java
// and Kafka. The two share their network and one storage, which outlives the pod: all that the services read is there,
// the gateway's program included.
type onKubernetes struct {
	unit      string
	root      string // of the charm's container
	program   string // in the charm
	container hook.Container
}

func newOnKubernetes(event hook.Event) onKubernetes {
	return onKubernetes{
		unit: event.Unit, root: event.Root(), program: filepath.Join(event.CharmDir, "bin", "kafka-connect"),
		container: event.Container(containerName),
	}
}

func (k onKubernetes) layouts() (charm, services layout) {
	return storageIn(k.root), storageIn(k.container.Root)
}

func storageIn(root string) layout {
	return layout{data: filepath.Join(root, storageLocation)}
}

// prepare gives the services' directories to the charm's own group, which the services have too. An account of another
// number must not keep them from each other.
func (k onKubernetes) prepare(context.Context) error {
	files, _ := k.layouts()
	return errors.Join(files.make(os.Getgid()), files.shareProgram(k.program))
}

func (k onKubernetes) supervisor() (*supervisor.Supervisor, error) {
	return supervisor.InContainer(pebbleLayers, k.container.Socket)
}

func (onKubernetes) user() string { return "" } // Pebble runs as the image's account already

func (k onKubernetes) runtime(_ context.Context, u *unit) (Runtime, error) {
	if !u.supervisor.Running() {
		return Runtime{Waits: "the container " + containerName}, nil
	}
	kafka := filepath.Join(k.container.Root, imageKafka)
	libs := filepath.Join(kafka, "libs")
	jars, err := u.supervisor.Names(libs, "*.jar")
	found := Runtime{}
	if agent := beginning(jars, "jmx_prometheus_javaagent-"); agent != "" {
		found.JMXAgent = filepath.Join(libs, agent)
	}
	if err != nil || beginning(jars, "kafka-clients-") == "" {
		found.Problem = "the image has no Kafka in " + imageKafka + ": attach another as resource " + imageResource
		return found, nil
	}
	found.KafkaDir, found.Version, found.MemoryMiB = kafka, distribution.VersionOf(jars), k.memoryLimit(u)
	return found, nil
}

// beginning is the first of names that begins so; empty for none.
func beginning(names []string, prefix string) string {
	for _, name := range names {
		if strings.HasPrefix(name, prefix) {
			return name
		}
	}
	return ""
}

func (k onKubernetes) memoryLimit(u *unit) (mib int) {
	for _, file := range cgroupLimits {
		if text, err := u.supervisor.ReadFile(filepath.Join(k.container.Root, file)); err == nil {
			return limitIn(string(text))
		}
	}
	return 0
}

// findJMX takes the agent that the image has beside Kafka, unless nobody is to be told metrics.
func (onKubernetes) findJMX(_ context.Context, u *unit, w *World) error {
	if w.Runtime.Waits != "" {
		return nil
	}
	jmx := &w.Watch.JMX
	if w.Config.MetricsPort != 0 {
		jmx.InImage = w.Runtime.JMXAgent
	}
	jmx.Pending = !jmxexporter.Uses(u.layout.jmxDir(), jmx.InImage)
	return nil
}

// addresses takes the name that outlives the pod's address, and listens on all addresses of the pod, for the pod is the
// unit's alone. Where the address is one of loopback, as in a model on one machine, it is not.
func (k onKubernetes) addresses(network hook.Network) (found, listen string) {
	if len(network.Bind) == 0 {
		return "", ""
	}
	own := network.Bind[0]
	if parsed, err := netip.ParseAddr(own); err == nil && parsed.IsLoopback() {
		return own, own
	}
	hosts, err := os.ReadFile(filepath.Join(k.root, "etc/hosts"))
	if name := nameIn(hosts, strings.ReplaceAll(k.unit, "/", "-")); err == nil && name != "" {
		return name, "0.0.0.0"
	}
	return own, "0.0.0.0"
}

// nameIn finds in a hosts file (hosts(5)) the full name of a pod: Kubernetes writes the address, then
// POD.SERVICE.NAMESPACE.svc.DOMAIN, which DNS knows in the whole cluster, then the pod's short name.
func nameIn(hosts []byte, pod string) string {
	for line := range strings.Lines(string(hosts)) {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) > 1 && strings.HasPrefix(fields[1], pod+".") {
			return fields[1]
		}
	}
	return ""
}

// clear removes settings, accounts and keys. Plugins stay with the storage, which is Juju's to keep or to destroy. What the
// services have put into directories of their own belongs to another account, and holds no secret.
func (k onKubernetes) clear() error {
	files, _ := k.layouts()
	entries, err := os.ReadDir(files.data)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		path := filepath.Join(files.data, entry.Name())
		if path == files.pluginsDir() {
			continue
		}
		if err := os.RemoveAll(path); err != nil && !errors.Is(err, fs.ErrPermission) {
			return err
		}
	}
	return nil
}
