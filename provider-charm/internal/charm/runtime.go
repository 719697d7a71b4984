package charm

import (
	"context"
	"fmt"
	"os"
	"time"

	"connectcharms/provider-charm/internal/machine"
	"connectcharms/provider-charm/internal/plugins"
	"connectcharms/requirer-lib/hook"
)

const kafkaResource = "kafka"

// aptPatience is for some 100 MB from a mirror.
const aptPatience = 5 * time.Minute

func (u *unit) observeRuntime(ctx context.Context, w *World) error {
	found, err := u.place.runtime(ctx, u)
	if err != nil {
		return err
	}
	if program, err := os.Stat(u.layout.program()); err == nil {
		found.Build = fmt.Sprintf("%d-%d", program.Size(), program.ModTime().UnixNano())
	}
	found.WorkerDir, found.PluginPath = u.seen.workerDir(), plugins.PathIn(u.seen.pluginsDir())
	w.Runtime = found
	w.checkMemory()
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
	w.Runtime.KafkaDir, w.Runtime.Version = dir, u.kafka.Version(dir)
	return nil
}

func runtimeStatus(w *World) (hook.Status, bool) {
	switch {
	case w.Runtime.Waits != "":
		return waiting("%s", w.Runtime.Waits)
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
