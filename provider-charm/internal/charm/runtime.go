package charm

import (
	"context"
	"fmt"
	"os"
	"time"

	"connectcharms/provider-charm/internal/machine"
	"connectcharms/requirer-lib/hook"
)

const kafkaResource = "kafka"

// aptPatience is for some 100 MB from a mirror.
const aptPatience = 5 * time.Minute

func (u *unit) observeRuntime(ctx context.Context, w *World) error {
	w.Runtime = Runtime{
		KafkaDir: u.kafka.Current(), JavaHome: os.Getenv("JAVA_HOME"),
		WorkerDir: u.layout.workerDir(), PluginPath: u.store.Path(),
	}
	if program, err := os.Stat(u.layout.program()); err == nil {
		w.Runtime.Build = fmt.Sprintf("%d-%d", program.Size(), program.ModTime().UnixNano())
	}
	if !machine.HasJava() {
		w.Runtime.Problem = "no Java on this machine: install openjdk-17-jre-headless or later"
		w.Runtime.CanInstallJava = u.ownMachine
	}
	if w.Runtime.KafkaDir != "" && u.Kind != hook.UpgradeCharm {
		return nil // Juju tells of a new resource by upgrade-charm
	}
	archive, err := u.ResourceGet(ctx, kafkaResource)
	if hook.IsNotFound(err) {
		return nil // nothing attached: the status says so
	}
	if err != nil {
		return err
	}
	w.Runtime.Archive, w.Runtime.Pending = archive, u.kafka.Pending(archive)
	return nil
}

// installJava installs a Java runtime on a machine that has none. When that fails, a person may have to act: it is not
// tried in every hook.
func installJava(w *World) Step {
	if !w.Runtime.CanInstallJava || w.Event.Kind != hook.Install && !w.mayHaveChanged() {
		return nil
	}
	return w.once("java", InstallJava{})
}

// InstallJava installs a Java runtime.
type InstallJava struct{}

func (InstallJava) Apply(ctx context.Context, u *unit, w *World) error {
	if err := u.StatusSet(ctx, hook.Status{Name: hook.Maintenance, Message: "installing Java"}); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, aptPatience)
	defer cancel()
	if err := machine.InstallJava(limited); err != nil {
		u.log.Error("Java could not be installed", "error", err)
		return nil // the status says that there is none
	}
	w.Runtime.Problem, w.Runtime.CanInstallJava = "", false
	return nil
}

func unpackKafka(w *World) Step {
	if w.Runtime.Pending {
		return w.once("unpack", UnpackKafka{Archive: w.Runtime.Archive})
	}
	return nil
}

// UnpackKafka unpacks the distribution that is attached.
type UnpackKafka struct{ Archive string }

func (s UnpackKafka) Apply(ctx context.Context, u *unit, w *World) error {
	dir, err := u.kafka.Install(ctx, s.Archive)
	w.Runtime.Pending = false
	if err != nil {
		w.Runtime.Problem = fmt.Sprintf("resource kafka: %v", err)
		return nil
	}
	w.Runtime.KafkaDir = dir
	return u.ApplicationVersionSet(ctx, u.kafka.Version(dir))
}

func runtimeStatus(w *World) (hook.Status, bool) {
	switch {
	case w.Runtime.Problem != "":
		return blocked("%s", w.Runtime.Problem)
	case w.Runtime.KafkaDir == "":
		return blocked("no Kafka distribution: attach the resource kafka")
	case w.Address == "":
		return waiting("an address from Juju")
	case w.PeerRelation == nil:
		return waiting("the peer relation")
	}
	return hook.Status{}, false
}
