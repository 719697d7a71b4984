package charm

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"connectcharms/provider-charm/internal/machine"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/supervisor"
)

// onMachine is a unit on a machine: the charm brings Pebble, and installs Java and the distribution that is attached.
type onMachine struct {
	charm string // the unpacked charm
	data  string
	own   bool // the machine is the unit's: see machine.IsOwn
}

func newOnMachine(event hook.Event) onMachine {
	return onMachine{charm: event.CharmDir, data: event.DataDir(), own: machine.IsOwn(event)}
}

func (m onMachine) layouts() (charm, services layout) {
	both := layout{data: m.data}
	return both, both
}

func (m onMachine) bin(program string) string { return filepath.Join(m.charm, "bin", program) }

func (m onMachine) prepare(ctx context.Context) error {
	group := 0
	if m.own {
		var err error
		if group, err = machine.MakeServiceUser(ctx); err != nil {
			return err
		}
	}
	files, _ := m.layouts()
	if err := errors.Join(files.make(group), files.shareProgram(m.bin("kafka-connect"))); err != nil {
		return err
	}
	return os.MkdirAll(files.pebbleDir(), 0o700)
}

func (m onMachine) supervisor() (*supervisor.Supervisor, error) {
	files, _ := m.layouts()
	return supervisor.Own{
		Charm: pebbleLayers, Binary: m.bin("pebble"), Dir: files.pebbleDir(), Service: filepath.Base(m.data) + "-pebble", WholeMachine: m.own,
	}.Supervisor()
}

func (m onMachine) user() string {
	if m.own {
		return machine.ServiceUser
	}
	return ""
}

func (m onMachine) runtime(ctx context.Context, u *unit) (Runtime, error) {
	found := Runtime{KafkaDir: u.kafka.Current(), JavaHome: os.Getenv("JAVA_HOME")}
	if found.KafkaDir != "" {
		found.Version = u.kafka.Version(found.KafkaDir)
	}
	if !machine.HasJava() {
		found.Problem = "no Java on this machine: install openjdk-17-jre-headless or later"
		found.CanInstallJava = m.own
	}
	if found.KafkaDir != "" && u.Kind != hook.UpgradeCharm {
		return found, nil // Juju tells of a new resource by upgrade-charm
	}
	archive, err := u.ResourceGet(ctx, kafkaResource)
	if hook.IsNotFound(err) {
		return found, nil // nothing attached: the status says so
	}
	if err != nil {
		return found, err
	}
	found.Archive, found.Pending = archive, u.kafka.Pending(archive)
	return found, nil
}

func (m onMachine) addresses(network hook.Network) (found, listen string) {
	if len(network.Ingress) == 0 {
		return "", ""
	}
	return network.Ingress[0], network.Ingress[0]
}

func (m onMachine) clear() error { return os.RemoveAll(m.data) }

const jmxResource = "jmx-exporter"

// findJMX takes what is attached. Juju tells of another by upgrade-charm.
func (onMachine) findJMX(ctx context.Context, u *unit, w *World) (err error) {
	if u.Kind != hook.Install && u.Kind != hook.UpgradeCharm {
		return nil
	}
	w.Watch.JMX.Pending = true
	if w.Watch.JMX.Attached, err = u.ResourceGet(ctx, jmxResource); hook.IsNotFound(err) {
		return nil
	}
	return err
}
